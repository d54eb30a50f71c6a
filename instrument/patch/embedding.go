package patch

// Embedding is the name of the group without which Go files that a program embeds are left as they are.
const Embedding = "embedding"

// A Go file that a program embeds has the text that is compiled under its own name, and its own text beside it under another
// (rewrite.Unrewritten). What the program sees is its own text.
var embedding = group{
	name: Embedding,
	loss: "Go files whose text a program embeds are left as they are",
	edits: []edit{
		{file: "embed/embed.go", in: "FS.lookup", put: ` if own := f.jostleUnrewritten(name); own != nil { return own }; `},
		{file: "embed/embed.go", in: "FS.readDir", find: `return files[i:j]`, put: `return jostleUnrewritten(files[i:j])`},
	},
	files: []string{"embed/jostle.go"},
}
