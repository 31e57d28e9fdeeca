// Command make writes the LevelDB folders of the tests, with the library that others use. It
// is a module of its own so that the product does not depend on that library:
//
//	cd testdata/make && go run .
package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/util"
)

func main() {
	folder("../corpus/home/.config/google-chrome/Default/Local Storage/leveldb", func(f *filler) {
		f.put("VERSION", "1")
		for _, row := range chromium {
			if row == "flush" {
				f.flush()
				continue
			}
			c := strings.SplitN(row, " ", 3)
			if c[2] == "DELETE" {
				f.del(local(c[0], c[1]))
				continue
			}
			f.put("META:"+c[0], "\x08\x90\xe1")
			f.put(local(c[0], c[1]), value(c[2]))
		}
	})
	folder("../leveldb/overwritten", func(f *filler) {
		f.put(local("https://a.example", "graphiql:headers"), value(`{"X-One":"first"}`))
		f.put(local("https://a.example", "graphiql:headers"), value(`{"X-One":"second"}`))
		f.put(local("https://b.example", "graphiql:headers"), value(`{"X-Two":"gone"}`))
		f.del(local("https://b.example", "graphiql:headers"))
	})
	folder("../leveldb/flushed", func(f *filler) {
		f.put(local("https://a.example", "graphiql:headers"), value(`{"X-One":"first"}`))
		f.flush()
		f.put(local("https://a.example", "graphiql:headers"), value(`{"X-One":"second"}`))
	})
	folder("../leveldb/others", func(f *filler) {
		f.put(local("https://bank.example", "token"), value("private"))
		f.put(local("https://bank.example", "collections"), value(`[{"name":"x","auth":{"authType":"bearer","token":"private"}}]`))
		f.put(local("https://hoppscotch.io.evil.example", "collections"), value(`[{"auth":{"token":"private"}}]`))
		f.put(local("https://notpostman.co", "access_token"), value("private"))
		f.put("META:https://bank.example", "\x08\x01")
	})
	folder("../leveldb/many", func(f *filler) {
		for i := range 1500 {
			f.put(local(fmt.Sprintf("https://h%04d.example", i), "graphiql:headers"),
				value(fmt.Sprintf(`{"K%d":"value %s %d"}`, i, strings.Repeat("ab", i%97), i)))
			if i%500 == 250 {
				f.flush()
			}
		}
	})
}

type filler struct{ db *leveldb.DB }

func (f *filler) put(k, v string) { check(f.db.Put([]byte(k), []byte(v), nil)) }
func (f *filler) del(k string)    { check(f.db.Delete([]byte(k), nil)) }
func (f *filler) flush()          { check(f.db.CompactRange(util.Range{})) }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// folder makes a database at a path anew, without the library's own lock and notes.
func folder(to string, fill func(*filler)) {
	check(os.RemoveAll(to))
	check(os.MkdirAll(to, 0o755))
	db, err := leveldb.OpenFile(to, nil)
	check(err)
	fill(&filler{db})
	check(db.Close())
	for _, name := range []string{"LOCK", "LOG", "LOG.old", "CURRENT.bak"} {
		_ = os.Remove(filepath.Join(to, name))
	}
}

// local is a key of Chromium's local storage, and value what it writes: Latin-1 where that
// suffices, UTF-16 otherwise.
func local(origin, key string) string { return "_" + origin + "\x00\x01" + key }

func value(s string) string {
	latin, wide := []byte{1}, []byte{0}
	for _, c := range s {
		if c > 0xff {
			for _, u := range utf16.Encode([]rune(s)) {
				wide = binary.LittleEndian.AppendUint16(wide, u)
			}
			return string(wide)
		}
		latin = append(latin, byte(c))
	}
	return string(latin)
}

// chromium are the rows of the profile: origin, key and value.
var chromium = []string{
	`https://hoppscotch.io persistence.v1:restCollections [{"v":7,"name":"Billing","auth":{"authType":"basic","authActive":true,"username":"billing-ui","password":"Marsh Harrier 3"},"headers":[],"folders":[{"v":7,"name":"Invoices","folders":[],"requests":[{"v":"9","name":"Create","method":"POST","endpoint":"<<base>>/invoices","params":[{"key":"dry","value":"true","active":true}],"headers":[{"key":"X-Api-Key","value":"hk_Osprey-14","active":false}],"preRequestScript":"pw.env.set('t','ps_Buzzard9')","testScript":"","auth":{"authType":"oauth-2","authActive":true,"grantTypeInfo":{"authEndpoint":"https://id.example.dev/a","tokenEndpoint":"https://id.example.dev/t","clientID":"hopp-client","clientSecret":"hs_Goshawk","scopes":"read","token":"ht_Merlin_55","grantType":"AUTHORIZATION_CODE"},"addTo":"HEADERS"},"body":{"contentType":"application/json","body":"{\"password\":\"Red Kite\"}"},"requestVariables":[],"responses":{"ok":{"name":"ok","status":"200","code":200,"headers":[{"key":"set-cookie","value":"sid=hr_Kestrel7"}],"body":"{\"access_token\":\"hr_Hobby_8\"}"}}}],"auth":{"authType":"inherit","authActive":true},"headers":[]}],"requests":[{"v":"9","name":"Old","method":"GET","endpoint":"https://api.example.dev/old?token=hq_Sparrowhawk","params":[],"headers":[],"auth":{"authType":"bearer","authActive":false,"token":"<<token>>"},"body":{"contentType":null,"body":null}}]}]`,
	`https://hoppscotch.io persistence.v1:environments [{"v":1,"id":"e1","name":"Prod","variables":[{"key":"base","value":"https://api.example.dev","secret":false},{"key":"token","value":"","secret":true}]}]`,
	`https://hoppscotch.io persistence.v1:secretEnvironments {"e1":[{"key":"token","value":"hv_Eagle-Owl","varIndex":1}]}`,
	`https://hoppscotch.io persistence.v1:login_state {"uid":"u1","displayName":"Ida","email":"ida@ferry.example","emailVerified":true,"accessToken":"hl_Tawny.Owl"}`,
	`https://hoppscotch.io persistence.v1:restHistory [{"v":1,"request":{"v":"9","method":"GET","endpoint":"https://api.example.dev/me","headers":[{"key":"Authorization","value":"Bearer hh_BarnOwl","active":true}],"auth":{"authType":"none","authActive":true}},"responseMeta":{"duration":10,"statusCode":200},"star":false}]`,
	`https://hopp.intern.example persistence.v1:globalEnv {"v":2,"variables":[{"key":"pin","initialValue":"","currentValue":"4482 Uhu","secret":true}]}`,
	`https://petstore.intern.example authorized {"ApiKeyAuth":{"name":"ApiKeyAuth","schema":{"type":"apiKey","in":"header","name":"X-Pet-Key"},"value":"sw_Pelican_12"},"BasicAuth":{"name":"BasicAuth","schema":{"type":"http","scheme":"basic"},"value":{"username":"petadmin","password":"Flamingo & Ibis"}},"OAuth":{"name":"OAuth","schema":{"type":"oauth2","flow":"password","tokenUrl":"https://id.petstore.example/token"},"clientId":"swagger","clientSecret":"sc_Spoonbill","username":"vet","password":"Stork 9","token":{"access_token":"st_Crane.44","token_type":"bearer","refresh_token":"sr_Heron.45"}}}`,
	`https://shop.intern.example authorized true`,
	`flush`,
	`http://localhost:4000 graphiql:headers {"Authorization":"Bearer gi_Wagtail"}`,
	`http://localhost:4000 graphiql:tabState {"tabs":[{"id":"1","title":"me","query":"{ me { id } }","variables":"{\"secret\":\"gv_Dipper\"}","headers":"{\"X-Auth-Token\":\"gt_Wren-3\"}","operationName":"me","response":"{\"data\":{\"token\":\"gr_Robin\"}}"}],"activeTabIndex":0}`,
	`https://gql.intern.example graphql-playground {"workspaces":{"https://gql.intern.example~https://gql.intern.example/graphql":{"sessions":{"s1":{"id":"s1","endpoint":"https://gql.intern.example/graphql","query":"{ a }","headers":"{\n  \"x-token\": \"pl_Nuthatch\"\n}","responses":[{"resultID":"default-id","date":"{\"data\":{\"apiKey\":\"pr_Treecreeper\"}}"}]}}}}}`,
	`https://altair.intern.example altair_windows {"w1":{"layout":{"title":"Täglich"},"query":{"url":"https://gql.example.dev/graphql","httpVerb":"POST"},"headers":[{"key":"X-Access-Token","value":"al_Goldfinch","enabled":true},{"key":"X-Old-Api-Key","value":"ao_Linnet","enabled":false}],"authorizationType":"bearer","authorizationData":{"token":"at_Siskin_6"}}}`,
	`https://restfox.dev restfox-collections [{"_type":"request","name":"Login","method":"POST","url":"https://api.example.dev/login","headers":[{"name":"X-Api-Key","value":"rf_Bullfinch"}],"authentication":{"type":"basic","username":"fox","password":"Hawfinch?1"}}]`,
	`https://web.postman.co access_token pm_web_Brambling.9`,
	`https://web.postman.co featureFlags {"dark":true}`,
	`https://mail.example.com session private-mail-session`,
	`https://mail.example.com authentication {"token":"private-token"}`,
	`http://localhost:4000 graphiql:headers {"Authorization":"Bearer gi_Wagtail_new"}`,
	`https://старый.example graphiql:headers {"X-Ключ-Token":"гусь и лебедь"}`,
	`https://gone.example graphiql:headers {"X-Session-Token":"gg_Snipe"}`,
	`https://gone.example graphiql:headers DELETE`,
}
