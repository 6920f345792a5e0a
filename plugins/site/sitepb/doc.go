// Package sitepb is what a builder of static sites hands to a platform.
package sitepb

//go:generate go run -C ../../../tools/protogen . -root ../.. plugins/site/sitepb/folder.proto
