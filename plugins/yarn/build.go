package yarn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/docker/docker/client"
	"github.com/docker/go-units"

	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

// Progress is told what a build does. What the build's commands print is written
// to it.
type Progress interface {
	io.Writer
	// Step begins a step, and ends the one before.
	Step(text string)
	// Done ends the step that runs; text, where not empty, takes its place.
	Done(text string)
}

// Build builds the job's site and returns the folder with it, which lies in the
// job's source. An error is for people: what was wrong and what would be right,
// and, where a tool failed, its own words. Nothing is left in Docker but the app's
// cache volume, whatever happens.
func Build(ctx context.Context, docker *client.Client, c Config, job Job, show Progress) (*sitepb.Folder, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(job.Source)
	if err != nil {
		return nil, fmt.Errorf("open the app's folder: %w", err)
	}
	defer root.Close()
	dir := c.directory()
	if info, err := root.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("directory = %q: there is no such folder in the app's folder", c.Directory)
	}
	todo, err := makePlan(root, c)
	if errors.Is(err, errNothingToBuild) {
		return publishAsIs(root, c, show)
	}
	if err != nil {
		return nil, err
	}
	if c.output() == "." {
		return nil, fmt.Errorf("output = %q: would publish the source and all packages with the site: set it to the folder that the build makes", c.Output)
	}
	if err := pull(ctx, docker, c.image(), show); err != nil {
		return nil, err
	}
	return buildIn(ctx, docker, c, job, root, todo, show)
}

func buildIn(ctx context.Context, docker *client.Client, c Config, job Job, root *os.Root, todo plan, show Progress) (_ *sitepb.Folder, err error) {
	show.Step("Copying the source into a container of " + c.image())
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(writeSource(ctx, writer, root)) }()
	b, err := start(ctx, docker, c.image(), job, reader)
	// Whoever reads no more has an error, or all.
	reader.CloseWithError(errors.New("the copy was ended"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.remove()) }()
	for _, s := range todo.steps {
		show.Step(title(s, todo.tool))
		if err := b.step(ctx, s, c.Env, show); err != nil {
			return nil, err
		}
		show.Done("")
	}
	dir := c.directory()
	output, err := b.findOutput(ctx, dir, c.output(), outputsBefore(root, dir))
	if err != nil {
		return nil, err
	}
	show.Step("Copying " + output + " out of the container")
	output = path.Join(dir, output)
	if err := b.takeOutput(ctx, root, output); err != nil {
		return nil, err
	}
	return finish(root, output, show)
}

func title(s step, tool string) string {
	if s.name == "install" && tool != "" {
		return "Installing the packages with " + tool
	}
	return map[string]string{"install": "Installing the packages: ", "build": "Building: "}[s.name] + s.command
}

// step runs one command; when it fails the error has the tool's own words.
func (b *buildContainer) step(ctx context.Context, s step, vars map[string]string, show Progress) error {
	var env []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		// NODE_ENV=production is for the build: with it, package managers
		// leave out what the build is made with.
		if s.name == "install" && name == "NODE_ENV" {
			continue
		}
		env = append(env, name+"="+vars[name])
	}
	out := &tail{w: show}
	code, err := b.run(ctx, s, env, out)
	if err != nil || code == 0 {
		return err
	}
	hint := ""
	switch code {
	case 127:
		hint = " (a program is missing in the image)"
	case 137:
		hint = " (killed; most often the machine has too little memory for it)"
	}
	said := out.text()
	if said == "" {
		said = "(it printed nothing)"
	}
	return fmt.Errorf("%s failed with exit code %d%s: %s\n%s", s.name, code, hint, s.command, said)
}

// publishAsIs is for a folder of files without anything to build.
func publishAsIs(root *os.Root, c Config, show Progress) (*sitepb.Folder, error) {
	from := c.output()
	if from == "" {
		return nil, fmt.Errorf("there is no package.json in %s: set directory to the folder that has it, or, to publish files as they are, set output to their folder (\".\" is all of them)",
			place(c.directory()))
	}
	show.Step("Taking the files as they are: there is no package.json, so nothing to build")
	from = path.Join(c.directory(), from)
	if info, err := root.Stat(from); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("output = %q: there is no such folder", c.Output)
	}
	to := path.Join(c.directory(), copiedFolder)
	if err := copyFolder(root, from, to); err != nil {
		return nil, fmt.Errorf("copy the files to publish: %w", err)
	}
	return finish(root, to, show)
}

func place(dir string) string {
	if dir == "." {
		return "the app's folder"
	}
	return dir
}

func finish(root *os.Root, dir string, show Progress) (*sitepb.Folder, error) {
	folder, err := describe(root, dir)
	if err != nil {
		return nil, err
	}
	if folder.Files == 0 {
		return nil, fmt.Errorf("the folder %s is empty: there is nothing to publish", dir)
	}
	show.Done(fmt.Sprintf("The site has %d files of %s in all, hash %.12s", folder.Files, units.HumanSize(float64(folder.Bytes)), folder.Hash))
	return folder, nil
}
