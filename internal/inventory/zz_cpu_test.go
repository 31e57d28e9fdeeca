package inventory_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

var pgPids []string

func pgCPU() time.Duration {
	if pgPids == nil {
		me := strconv.Itoa(os.Getpid())
		_ = me
		ents, _ := filepath.Glob("/proc/[0-9]*/cmdline")
		for _, e := range ents {
			b, _ := os.ReadFile(e)
			if strings.HasPrefix(string(b), "postgres: clientele t1 ") {
				pgPids = append(pgPids, filepath.Base(filepath.Dir(e)))
			}
		}
	}
	var sum int64
	for _, p := range pgPids {
		b, err := os.ReadFile("/proc/" + p + "/schedstat")
		if err != nil {
			continue
		}
		n, _ := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
		sum += n
	}
	return time.Duration(sum)
}
