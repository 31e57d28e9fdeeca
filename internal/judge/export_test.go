package judge

// MatchGlob is tried by itself in tests.
var MatchGlob = matchGlob
