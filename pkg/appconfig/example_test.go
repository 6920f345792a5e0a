package appconfig_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/appconfig"
)

func ExampleFile_AddApp() {
	file, err := appconfig.New("shop")
	if err != nil {
		fmt.Println(err)
		return
	}
	app, err := appconfig.NewApp(appconfig.Spec{Name: "web", Target: "docker"}, appconfig.Platform{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := file.AddApp(app); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(file.Project(), len(file.Apps()), file.Apps()[0].Name)
	fmt.Println(file.AddApp(app) != nil)
	// Output:
	// shop 1 web
	// true
}
