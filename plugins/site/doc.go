// Package site is what the plugins for static sites share: the folder that is
// published, what each file is sent with, where versions lie in a bucket, and how
// a new version gets there with as few uploads as possible.
//
// A bucket holds, for each deployment,
//
//	releases/ID/PATH     the files
//	manifests/ID.json    what the version consists of, written last
//
// A version without a manifest is not complete: it is never served and never
// copied from. Files that an older version has with the same content are copied
// inside the bucket. So every version is a folder of its own: to serve another one
// is to change one path, and to destroy one touches no other.
package site
