package discover

// What the tests of package discover_test try one by one.
var (
	WithoutUser  = withoutUser
	MaxUnpacked  = int64(maxArchiveBytes)
	MaxMembers   = maxArchiveFiles
	MaxEntries   = maxEntries
	MaxCandidate = maxBlames
)

// Slug names the repository at root.
func Slug(root string) string { return (&repository{root: root}).slug() }
