package appconfig

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzAddApp looks for an app that this package takes and Waypoint or one of its
// plugins refuses, that does not read back as it was, or that changes the file
// around it.
func FuzzAddApp(f *testing.F) {
	f.Add(uint8(0), uint8(0), "web", "apps/web", 3000, 512, "KEY", "value", "var.memory", false)
	f.Add(uint8(1), uint8(1), "api", "", 8080, 1024, "A_B", "${x} %{y} \"z\"\n", "", true)
	f.Add(uint8(2), uint8(0), "front", "./a/../b", 1, 0, "", "", "", true)
	f.Add(uint8(3), uint8(0), "fn", "функция", 65535, 10240, "Ключ", "значение", "1 + 1", false)
	f.Add(uint8(4), uint8(0), "Site_1", "a b/c", 0, -1, "x", "\x00", "gitrefhash()", false)
	f.Add(uint8(5), uint8(0), "run", "a//b/", 443, 4096, "PORT", "\xff", "", true)
	f.Add(uint8(6), uint8(0), "cdn", "..", -5, 1<<40, "a=b", "1", "}", false)
	f.Add(uint8(7), uint8(1), "k8s", "a\tb", 80, 2, "a.b-c", "\u2028", "[", true)
	f.Add(uint8(0), uint8(0), "a__b", "\"", 3000, 300, "$", "${", "\"${var.tag}\"", true)
	f.Add(uint8(1), uint8(0), "a", "", 80, 512, "a.b-c", "1", "y", true)
	f.Add(uint8(1), uint8(0), "a", "", 80, 512, "", "", "var.nobody", false)
	f.Fuzz(func(t *testing.T, at, built uint8, name, path string, port, memory int, key, value, expr string, edited bool) {
		target := targets[int(at)%len(targets)]
		file, err := New("fuzz")
		if err != nil {
			t.Fatal(err)
		}
		if edited {
			file = fuzzBase(t)
		}
		app, err := NewApp(Spec{
			Project: file.Project(), Name: name, Target: target.Name, Build: target.Builds[int(built)%len(target.Builds)],
			Path: path, Port: port, Domain: "www.example.com",
		}, platforms[target.Cloud])
		if err != nil {
			told(t, err)
			return
		}
		vary(&app, memory, key, value, expr)
		if err := file.AddVariable(Variable{Name: "memory", Type: "number", Default: "1024"}); err != nil {
			t.Fatal(err)
		}
		before := file.Bytes()
		if err := file.AddApp(app); err != nil {
			told(t, err)
			if !bytes.Equal(before, file.Bytes()) {
				t.Errorf("a refused app changed the file")
			}
			return
		}
		if !bytes.HasPrefix(file.Bytes(), before) {
			t.Errorf("the file around the app changed:\n%s", file.Bytes())
		}
		if err := file.Validate(); err != nil && expr != "" {
			told(t, err) // it may use a variable that the file does not declare
			return
		}
		if said := initRefused(t, file.Bytes()); said != "" {
			t.Errorf("Waypoint refuses it: %s\n%s", said, file.Bytes())
		}
		if expr != "" {
			return // what it computes to is known only when the stage runs
		}
		accepted(t, file)
		back, _ := file.App(name)
		back.where, app.where = nil, nil
		if !reflect.DeepEqual(normal(back), normal(app)) {
			t.Errorf("read back:\n%+v\nwas:\n%+v", normal(back), normal(app))
		}
	})
}

// vary sets options of every kind: numbers, maps, text and expressions.
func vary(a *App, memory int, key, value, expr string) {
	env := map[string]string{key: value}
	if key == "" {
		env = nil
	}
	switch o := a.Deploy.Options.(type) {
	case *DockerDeploy:
		o.StaticEnvironment, o.Command, o.Labels = env, []string{value}, env
	case *ECSDeploy:
		o.Memory, o.StaticEnvironment, o.LogGroup = memory, env, value
	case *LambdaDeploy:
		o.Memory, o.StaticEnvironment = memory, env
	case *EC2Deploy:
		o.Key, o.Count.Max = value, memory
	case *CloudRunDeploy:
		o.Capacity.Memory, o.StaticEnvironment = memory, env
	case *KubernetesDeploy:
		o.StaticEnvironment, o.Annotations, o.Memory = env, env, &KubernetesResource{Request: value}
	}
	if o, ok := a.Build.Options.(*DockerBuild); ok {
		o.BuildArgs = env
	}
	if expr != "" && a.Target() == "aws-ecs" {
		a.Deploy.Expressions = map[string]string{"memory": expr}
	}
	a.Config.Env = env
}

// told fails when an error is not one of this package's, or says nothing.
func told(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Problem == "" {
		t.Errorf("an error that does not say what is wrong: %v (%T)", err, err)
	}
}

func fuzzBase(t *testing.T) *File {
	t.Helper()
	f, err := Parse([]byte(handEdited+"\n"), FileName)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// normal makes empty and missing the same, as a file can't tell them apart.
func normal(a App) App {
	v := reflect.New(reflect.TypeOf(a)).Elem()
	v.Set(reflect.ValueOf(a))
	emptyToNil(v)
	return v.Interface().(App)
}

func emptyToNil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Map, reflect.Slice:
		if v.Len() == 0 && v.CanSet() {
			v.SetZero()
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			emptyToNil(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				emptyToNil(v.Field(i))
			}
		}
	}
}

// FuzzParse looks for a file that breaks the reader, that changes when nothing
// is changed, or that this package takes and Waypoint refuses to load.
func FuzzParse(f *testing.F) {
	f.Add([]byte(handEdited))
	for _, pattern := range []string{"testdata/golden/*.hcl", "testdata/parity/*.hcl"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatalf("no files in %s (%v)", pattern, err)
		}
		for _, p := range paths {
			src, err := os.ReadFile(p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	for _, src := range []string{
		"", "project", "project = 1", "project = \"${\"", "\xef\xbb\xbfproject = \"a\"", "app \"\" {}", "app {}", "app \"a\" \"b\" {}",
		"project = null", "config {\nenv = merge({}, {})\n}", "variable \"v\" {\ndefault = dynamic(\"x\", {})\n}", "project = \"a\"\nlabels = var.x\n",
		"project = \"a\"\nrunner {\nwrong = 1\n}\n", "project = \"a\"\nplugin \"x\" {}\n", "project = \"a\"\npipeline \"p\" {}\n",
		"project = \"a\"\napp \"b\" {\npath = var.p\nbuild {\nuse \"docker\" {}\n}\ndeploy {\nuse \"docker\" {}\n}\n}\n",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse(src, FileName)
		if err != nil {
			told(t, err)
			return
		}
		if !bytes.Equal(file.Bytes(), src) {
			t.Errorf("reading changed the file")
		}
		for _, a := range file.Apps() {
			if a.Validate() != nil {
				continue
			}
			if err := file.UpdateApp(a); err == nil && !bytes.Equal(file.Bytes(), src) {
				t.Fatalf("an update of %q to what it is changed the file:\n%s\nto:\n%s", a.Name, src, file.Bytes())
			}
		}
		if err := file.Validate(); err != nil {
			told(t, err)
			return
		}
		if said := initRefused(t, src); said != "" {
			t.Errorf("Waypoint refuses it: %s\n%s", said, src)
		}
	})
}
