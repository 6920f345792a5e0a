package pilot_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// A rotation of certificates goes through its stages one by one.
func ExampleRotation_Next() {
	stage, err := pilot.ParseRotation(pilot.StageIntroduce + "/2026-11")
	for ok := true; ok && err == nil; stage, ok = stage.Next() {
		fmt.Println(stage)
	}
	_, err = pilot.ParseRotation("hurry/1")
	fmt.Println(err)
	// Output:
	// introduce/2026-11
	// switch/2026-11
	// retire/2026-11
	// settle/2026-11
	// "hurry/1": want one of introduce, switch, retire, renew, adopt, refuse, settle, a slash and a word of lower-case letters, digits and hyphens
}
