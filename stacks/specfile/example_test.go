package specfile_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/stacks/specfile"
	"gopkg.in/yaml.v3"
)

// What does not belong into a spec is refused by line and column.
func ExampleDecode() {
	var spec struct {
		Region string `yaml:"region"`
	}
	var node yaml.Node
	if err := yaml.Unmarshal([]byte("region: eu-west-1\nregoin: eu-west-2\n"), &node); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(specfile.Decode("pilot.yaml", node.Content[0], &spec))
	// Output: pilot.yaml:2:1: unknown key "regoin"; known here: region
}
