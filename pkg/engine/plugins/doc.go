// Package plugins puts provider plugins where the engine looks for them, before
// an operation begins: an inline program does not tell the engine which ones it
// will need.
//
// A plugin has the version of the SDK that the program was built with, so that
// no version is written down twice. Its archive is checked against the list of
// SHA-256 sums that the release publishes, and against a record that keeps what
// was seen the first time: a release that is altered later is refused. Folders
// are laid out as Pulumi lays them out, and one of its own may be used.
package plugins
