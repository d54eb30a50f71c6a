package runtime

const jostleRoot = "{{goroot}}"

// jostleFile returns the name that a file of the tree, which defaultGOROOT is the root of, has in the Go that it is a tree of. Of
// other files it returns the name as it is.
func jostleFile(name string) string {
	more := len(defaultGOROOT) - len(jostleRoot)
	if more <= 0 || len(name) < len(defaultGOROOT) || name[:len(defaultGOROOT)] != defaultGOROOT || defaultGOROOT[more:] != jostleRoot {
		return name
	}
	return name[more:]
}
