package peoplecsv_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/clientele/clientele"
	"github.com/clientele/clientele/internal/scim/peoplecsv"
)

func TestReadTakesEveryColumnInAnyOrder(t *testing.T) {
	in := "\uFEFFActive, email ,user_name,title,team,display_name,manager,external_id\r\n" +
		"TRUE,ann@example.com,ann,\"Head of \"\"Sales\"\", EMEA\",sales,\"Lee, Ann\",,E-1\r\n" +
		"\r\n" +
		"false,,ben,,sales,Ben,ann,E-2\r\n" +
		",,cem,,,,,"
	got, err := peoplecsv.Read(strings.NewReader(in))
	if err != nil {
		t.Fatal(err)
	}
	want := []peoplecsv.Person{
		{Line: 2, UserName: "ann", Email: "ann@example.com", DisplayName: "Lee, Ann", Active: true, Team: "sales", ExternalID: "E-1", Title: `Head of "Sales", EMEA`},
		{Line: 4, UserName: "ben", DisplayName: "Ben", Team: "sales", Manager: "ann", ExternalID: "E-2"},
		{Line: 5, UserName: "cem", Active: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadTellsEveryMistakeWithLineAndColumn(t *testing.T) {
	in := "user_name,email,active,external_id\n" +
		"ann,nowhere,perhaps,1\n" +
		",a@b,,\n" +
		"\"be\nn\",,,\n" +
		"ANN,,,1\n" +
		"cem,,\n" +
		"d\xff,,,\n"
	got, err := peoplecsv.Read(strings.NewReader(in))
	if got != nil || clientele.KindOf(err) != clientele.Invalid {
		t.Errorf("%v, %v", got, err)
	}
	want := []string{
		"line 2, column email: is no e-mail address",
		"line 2, column active: should be true or false",
		"line 3, column user_name: is empty, and each person needs one",
		"line 4, column user_name: holds a line break or another control character",
		"line 6, column user_name: is the same as in line 2",
		"line 6, column external_id: is the same as in line 2",
		"line 7 has 3 columns, and the first row has 4",
		"line 8, column user_name: is not UTF-8: save the file as UTF-8",
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), err.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefusesWhatIsNoPeopleFile(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "the file is empty",
		"\uFEFF":                       "the file is empty",
		"user_name;email\nann;a@b":     "something else than commas",
		"user_name,shoe_size\nann,44":  `line 1, column 2: there is no column "shoe_size"`,
		"email\na@b":                   "user_name is missing",
		"user_name,User_Name\nann,ann": "user_name stands twice",
		"user_name\n\"ann":             "line 2",
		"user_name\nan\"n":             "line 2, character 3: the quotes are wrong",
		"\"user_name\nann":             "the quotes are wrong",
		"user_name\n" + strings.Repeat("x", 3000): "line 2, column user_name: is longer than 2048 bytes",
	} {
		got, err := peoplecsv.Read(strings.NewReader(in))
		if err == nil || got != nil || !strings.Contains(err.Error(), want) || clientele.KindOf(err) != clientele.Invalid {
			t.Errorf("%.40q: %v, %v; want %q", in, got, err, want)
		}
	}
	_, err := peoplecsv.Read(strings.NewReader("user_name,shoe_size\n"))
	var e *clientele.Error
	if !errors.As(err, &e) || !strings.Contains(e.Hint, "display_name") {
		t.Errorf("the remedy does not name the columns: %+v", e)
	}
}

// rows is a file of n people that is made as it is read.
func rows(n int) io.Reader {
	i := -1
	return readerFunc(func(p []byte) (int, error) {
		if i++; i == 0 {
			return copy(p, "user_name\n"), nil
		}
		if i > n {
			return 0, io.EOF
		}
		return copy(p, fmt.Sprintf("person%d\n", i)), nil
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestReadHasLimits(t *testing.T) {
	if got, err := peoplecsv.Read(rows(peoplecsv.MaxRows)); err != nil || len(got) != peoplecsv.MaxRows {
		t.Errorf("%d people: %v", len(got), err)
	}
	if got, err := peoplecsv.Read(rows(peoplecsv.MaxRows + 1)); clientele.KindOf(err) != clientele.Limit || got != nil {
		t.Errorf("%d people: %v", len(got), err)
	}
	for _, large := range []string{
		"user_name\n" + strings.Repeat("\n", peoplecsv.MaxBytes),
		"user_name\n\"" + strings.Repeat("x", peoplecsv.MaxBytes),
		strings.Repeat("user_name,", peoplecsv.MaxBytes/5),
	} {
		if _, err := peoplecsv.Read(strings.NewReader(large)); clientele.KindOf(err) != clientele.Limit {
			t.Errorf("%.20q…: %v", large, err)
		}
	}
	_, err := peoplecsv.Read(strings.NewReader("user_name,email\n" + strings.Repeat(",\n", 50_000)))
	if n := strings.Count(err.Error(), "\n"); n != 20 {
		t.Errorf("%d mistakes are told", n)
	}
}

func TestReadTellsOfAFileThatCannotBeRead(t *testing.T) {
	broken := errors.New("disk on fire")
	if _, err := peoplecsv.Read(io.MultiReader(strings.NewReader("user_name\nann\n"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("\uFEFFuser_name,email,display_name,active,team,manager,external_id,title\r\nann,a@b,\"A, B\",true,t,m,1,\"x \"\"y\"\"\"\r\n")
	f.Add("user_name\n\n\"a\nb\"\n")
	f.Add("user_name;x\n")
	f.Fuzz(func(t *testing.T, in string) {
		people, err := peoplecsv.Read(strings.NewReader(in))
		if err != nil {
			if k := clientele.KindOf(err); people != nil || k != clientele.Invalid && k != clientele.Limit {
				t.Errorf("%v, %v", people, err)
			}
			return
		}
		names := map[string]bool{}
		for i, p := range people {
			if p.UserName == "" || names[strings.ToLower(p.UserName)] || i > 0 && p.Line <= people[i-1].Line {
				t.Errorf("%q: %+v", in, people)
			}
			names[strings.ToLower(p.UserName)] = true
		}
	})
}
