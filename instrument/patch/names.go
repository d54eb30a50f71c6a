package patch

// The tree lies at a path that ends in that of the Go. So the name of a file of the Go is the end of the name of the file that
// was compiled, and the runtime can return it without a copy.
var names = group{
	name: "names",
	loss: "stacks and runtime.GOROOT name the tree that jostle has made and not this Go",
	edits: []edit{
		{file: "runtime/symtab.go", in: "funcfile", find: `gostringnocopy(&datap.filetab[fileoff])`, put: `jostleFile(gostringnocopy(&datap.filetab[fileoff]))`},
		{file: "runtime/extern.go", in: "GOROOT", find: `return defaultGOROOT`, put: `return jostleFile(defaultGOROOT)`},
	},
	files: []string{"runtime/jostle_names.go"},
}
