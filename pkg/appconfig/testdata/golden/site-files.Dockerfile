ARG WEB_IMAGE=nginxinc/nginx-unprivileged:stable
FROM ${WEB_IMAGE} AS files
USER root
WORKDIR /site
COPY . .
# What is in the folder for other reasons is not served.
RUN find . -name '.?*' ! -name .well-known -prune -exec rm -rf {} + && rm -f Dockerfile waypoint.hcl

FROM ${WEB_IMAGE}
COPY --from=files /site /site
# nginx is given the port when it starts. A single-page app, which routes by itself,
# needs also: try_files $uri /index.html;
ENV PORT=8080
RUN mkdir -p /etc/nginx/templates && echo 'server { listen ${PORT}; root /site; absolute_redirect off; }' > /etc/nginx/templates/default.conf.template
