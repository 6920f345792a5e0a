ARG NODE_IMAGE=node:24-slim
ARG WEB_IMAGE=nginxinc/nginx-unprivileged:stable
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY . .
RUN npm ci && npm run build

FROM ${WEB_IMAGE}
COPY --from=build /app/dist /site
# nginx is given the port when it starts. A single-page app, which routes by itself,
# needs also: try_files $uri /index.html;
ENV PORT=8080
RUN mkdir -p /etc/nginx/templates && echo 'server { listen ${PORT}; root /site; absolute_redirect off; }' > /etc/nginx/templates/default.conf.template
