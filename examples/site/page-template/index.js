// Fills in a page: {{name}} is replaced with the value, as text and not as HTML.

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escape = (text) => String(text).replace(/[&<>"']/g, (c) => entities[c]);

export function fill(template, values) {
  return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => {
    if (!(name in values)) throw new Error(`the page wants {{${name}}}, and nothing gives it`);
    return escape(values[name]);
  });
}
