package appconfig

// webServer lets the image's nginx serve /site on PORT: its entrypoint fills the
// environment into what lies in templates. The redirect from a folder's name to the
// folder is relative, since the port outside the container is another one.
var webServer = []string{
	"# nginx is given the port when it starts. A single-page app, which routes by itself,",
	"# needs also: try_files $uri /index.html;",
	"ENV PORT=8080",
	`RUN mkdir -p /etc/nginx/templates && echo 'server { listen ${PORT}; root /site; absolute_redirect off; }' > /etc/nginx/templates/default.conf.template`,
}

// siteDockerfile serves a static site's files. Only what belongs to the site gets into
// the image that runs: a build's output, or the folder without what pilot-yarn leaves
// out too.
func (f folder) siteDockerfile(d Detection) (string, error) {
	if d.Language != "node" {
		return joined(append([]string{
			"ARG WEB_IMAGE=" + webImage,
			"FROM ${WEB_IMAGE} AS files",
			"USER root",
			"WORKDIR /site",
			"COPY . .",
			"# What is in the folder for other reasons is not served.",
			`RUN find . -name '.?*' ! -name .well-known -prune -exec rm -rf {} + && rm -f Dockerfile waypoint.hcl`,
			"",
			"FROM ${WEB_IMAGE}",
			"COPY --from=files /site /site",
		}, webServer...)...), nil
	}
	install, err := f.nodeInstall(d)
	if err != nil {
		return "", err
	}
	return joined(append([]string{
		"ARG NODE_IMAGE=" + nodeImage,
		"ARG WEB_IMAGE=" + webImage,
		"FROM ${NODE_IMAGE} AS build",
		"WORKDIR /app",
		"COPY . .",
		"RUN " + install + " && npm run build",
		"",
		"FROM ${WEB_IMAGE}",
		"COPY --from=build /app/" + d.Directory + " /site",
	}, webServer...)...), nil
}
