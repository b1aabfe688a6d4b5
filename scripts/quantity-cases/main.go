// Writes random quantities and what the Go type makes of them, for test/kube/quantity-random.test.ts:
//
//	go run . -seed 20261124 -n 20000 -out ../../test/vectors/quantity-random.txt.gz
//
// One case a line, fields separated by tabs:
//
//	text  error ("", format, suffix, numeric)  format  canonical text  String() after parsing ("" when canonical)
//	nano (exact)  Value()  MilliValue()
//
// The same seed gives the same file.
package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/big"
	"math/rand"
	"os"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

var suffixes = []string{"", "", "", "n", "u", "m", "m", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Mi", "Gi", "Gi", "Ti", "Pi", "Ei"}

var beyondReason = regexp.MustCompile(`[eE][+-]?[0-9]{3,}$`)

func digits(r *rand.Rand, longest int) string {
	b := strings.Builder{}
	for i := r.Intn(longest + 1); i > 0; i-- {
		// Zeros and trailing runs of them are where canonical forms differ.
		if r.Intn(3) == 0 {
			b.WriteByte('0')
		} else {
			b.WriteByte(byte('0' + r.Intn(10)))
		}
	}
	return b.String()
}

func suffix(r *rand.Rand) string {
	switch r.Intn(10) {
	case 0, 1:
		sign := []string{"", "", "+", "-"}[r.Intn(4)]
		return []string{"e", "E"}[r.Intn(2)] + sign + fmt.Sprint(r.Intn(30))
	default:
		return suffixes[r.Intn(len(suffixes))]
	}
}

func random(r *rand.Rand) string {
	switch r.Intn(20) {
	case 0: // any characters of the grammar, mostly wrong
		const alphabet = "0123456789.+-eEinumkKMGTP "
		b := strings.Builder{}
		for i := r.Intn(7); i > 0; i-- {
			b.WriteByte(alphabet[r.Intn(len(alphabet))])
		}
		return b.String()
	case 1, 2, 3, 4, 5: // what servers send
		return []string{
			fmt.Sprintf("%dm", r.Intn(20000)),
			fmt.Sprintf("%dMi", r.Intn(200000)),
			fmt.Sprintf("%dGi", r.Intn(3000)),
			fmt.Sprintf("%dKi", r.Intn(1<<30)),
			fmt.Sprintf("%dn", r.Int63n(1e12)),
			fmt.Sprintf("%du", r.Intn(1e8)),
			fmt.Sprint(r.Intn(1000)),
			fmt.Sprint(r.Int63()),
			fmt.Sprintf("%d.%d", r.Intn(100), r.Intn(1000)),
		}[r.Intn(9)]
	case 6, 7: // around the limits of int64
		v := new(big.Int).SetUint64(1 << 63)
		v.Add(v, big.NewInt(int64(r.Intn(7)-3)))
		v.Quo(v, new(big.Int).Exp(big.NewInt(int64([]int{10, 1024}[r.Intn(2)])), big.NewInt(int64(r.Intn(7))), nil))
		v.Add(v, big.NewInt(int64(r.Intn(3)-1)))
		return []string{"", "-"}[r.Intn(2)] + v.String() + suffix(r)
	default:
		text := []string{"", "", "", "", "", "+", "-", "-"}[r.Intn(8)] + digits(r, 12)
		if r.Intn(3) == 0 {
			text += "." + digits(r, 12)
		}
		if r.Intn(30) == 0 {
			text += digits(r, 25)
		}
		return text + suffix(r)
	}
}

func line(text string) string {
	q, err := resource.ParseQuantity(text)
	switch {
	case errors.Is(err, resource.ErrFormatWrong):
		return text + "\tformat"
	case errors.Is(err, resource.ErrSuffix):
		return text + "\tsuffix"
	case errors.Is(err, resource.ErrNumeric):
		return text + "\tnumeric"
	case err != nil:
		log.Fatal(err)
	}
	after := q.String()
	recomputed := q.DeepCopy()
	recomputed.Neg() // forgets the literal text
	recomputed.Neg()
	canonical := recomputed.String()
	if after == canonical {
		after = ""
	}
	value, milli := q.Value(), q.MilliValue()
	dec := q.AsDec()
	nano := new(big.Int).Set(dec.UnscaledBig())
	if shift := 9 - int64(dec.Scale()); shift >= 0 {
		nano.Mul(nano, new(big.Int).Exp(big.NewInt(10), big.NewInt(shift), nil))
	} else {
		// Only a zero keeps a finer scale than nano.
		if nano.Sign() != 0 {
			log.Fatalf("%q is finer than nano", text)
		}
	}
	return fmt.Sprintf("%s\t\t%s\t%s\t%s\t%s\t%d\t%d", text, q.Format, canonical, after, nano, value, milli)
}

func main() {
	seed := flag.Int64("seed", 20261124, "of the random numbers")
	n := flag.Int("n", 20000, "how many cases")
	out := flag.String("out", "quantity-random.txt.gz", "where to")
	flag.Parse()

	file, err := os.Create(*out)
	if err != nil {
		log.Fatal(err)
	}
	zipped, _ := gzip.NewWriterLevel(file, gzip.BestCompression)
	w := bufio.NewWriter(zipped)
	r := rand.New(rand.NewSource(*seed))
	for written := 0; written < *n; {
		// Upstream would compute these; kwb refuses them before.
		if text := random(r); !beyondReason.MatchString(text) {
			fmt.Fprintln(w, line(text))
			written++
		}
	}
	for _, close := range []func() error{w.Flush, zipped.Close, file.Close} {
		if err := close(); err != nil {
			log.Fatal(err)
		}
	}
}
