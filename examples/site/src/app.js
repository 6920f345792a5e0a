// One page for every path: it moves between them without loading anything.

const names = { '/': 'the start page', '/about': 'the page about this site' };

function show() {
  document.querySelector('#path').textContent = names[location.pathname] ?? `${location.pathname}, which is not there`;
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (!link || link.origin !== location.origin) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  show();
});
addEventListener('popstate', show);
show();
