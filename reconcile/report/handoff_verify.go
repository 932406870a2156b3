package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// VerifyHandOff proves from the files alone that a hand-off is as it was written and adds up: every byte by its checksum, every
// sum by counting again, refunds, changes, fees, payouts and clearing accounts against the transactions. The error names the
// first file and row that are wrong.
func VerifyHandOff(dir string) (m HandOffManifest, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return m, fmt.Errorf("open the hand-off: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	v := &handOffVerifier{root: root, totals: controlTotals{}, clearing: clearingTotals{}, fees: feeBook{}, moved: map[clearingKey]*hereSum{},
		here: map[[3]string]*hereSum{}, paid: map[[3]string]money.Amount{}, seen: map[string]int{}}
	err = v.verify()
	return v.manifest, err
}

type handOffVerifier struct {
	root     *os.Root
	manifest HandOffManifest
	digests  map[string]string // of every file that is there but SHA256SUMS

	totals   controlTotals
	clearing clearingTotals
	fees     feeBook
	moved    map[clearingKey]*hereSum
	here     map[[3]string]*hereSum     // members of payouts by source, payout, currency
	paid     map[[3]string]money.Amount // likewise the payouts' own lines
	seen     map[string]int             // row of each row_id
	refunds  []projected
	changes  []projected
}

// clearingKey is a movement line of a clearing account.
type clearingKey struct{ source, currency, kind string }

// projected is a row of transactions.csv that another table must repeat.
type projected struct {
	row   int
	cells map[string]string
}

func (v *handOffVerifier) verify() error {
	for _, step := range []func() error{v.read, v.checksums, v.tables, v.across} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// read reads the manifest and computes the digest of every file.
func (v *handOffVerifier) read() error {
	entries, err := fs.ReadDir(v.root.FS(), ".")
	if err != nil {
		return fmt.Errorf("read the hand-off: %w", err)
	}
	v.digests = map[string]string{}
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			return broken("%s does not belong to the hand-off", entry.Name())
		}
		if entry.Name() == handOffSumsFile {
			continue
		}
		if v.digests[entry.Name()], err = digestOf(v.root, entry.Name()); err != nil {
			return err
		}
	}
	text, err := v.root.ReadFile(handOffManifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return broken("%s is missing", handOffManifestFile)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", handOffManifestFile, err)
	}
	v.manifest, err = decodeHandOff(text)
	return err
}

func digestOf(root *os.Root, name string) (digest string, err error) {
	file, err := root.Open(name)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// checksums holds the files against the manifest and SHA256SUMS. Where the two lists do not agree, the one that the file itself
// speaks against is wrong.
func (v *handOffVerifier) checksums() error {
	text, err := v.root.ReadFile(handOffSumsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return broken("%s is missing", handOffSumsFile)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", handOffSumsFile, err)
	}
	said := map[string]string{}
	for line := range strings.Lines(string(text)) {
		digest, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		said[name] = digest
	}
	if !bytes.Equal(text, sha256Sums(said)) {
		return broken("%s is not as it was written", handOffSumsFile)
	}
	if said[handOffManifestFile] != v.digests[handOffManifestFile] { // before the manifest is believed
		return broken("%s and its line in %s do not agree: one of them was changed", handOffManifestFile, handOffSumsFile)
	}
	expected := map[string]string{handOffReadmeFile: "", handOffManifestFile: ""}
	for _, f := range v.manifest.Files {
		expected[f.Name] = f.SHA256
	}
	for _, f := range v.manifest.Targets {
		expected[f.Name] = f.SHA256
	}
	expected[v.manifest.Page.Name] = v.manifest.Page.SHA256
	if len(expected) != len(v.manifest.Files)+len(v.manifest.Targets)+3 || v.manifest.Page.Name != pageFile {
		return broken("%s lists a file twice", handOffManifestFile)
	}
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		if v.digests[name] == "" {
			return broken("%s is missing", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v.digests)) {
		if _, belongs := expected[name]; !belongs {
			return broken("%s does not belong to the hand-off", name)
		}
	}
	if len(said) != len(expected) {
		return broken("%s lists other files than %s", handOffSumsFile, handOffManifestFile)
	}
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		if err := v.checksum(name, said[name], expected[name]); err != nil {
			return err
		}
	}
	return nil
}

// checksum judges one file by its digest, by what SHA256SUMS says and, but for README.txt and the manifest itself, by the
// manifest.
func (v *handOffVerifier) checksum(name, said, listed string) error {
	is := v.digests[name]
	switch {
	case said == is && (listed == is || listed == ""):
		return nil
	case name == handOffReadmeFile && bytes.Equal(v.manifest.readme(), v.content(name)), listed == is:
		return broken("%s: the line of %s is not as it was written", handOffSumsFile, name)
	case said == is:
		return broken("%s: the checksum of %s is not as it was written", handOffManifestFile, name)
	}
	for i, s := range handOffSchemas(v.manifest.Revision) {
		if s.file == name && i < len(v.manifest.Files) && v.manifest.Files[i].Name == name {
			if err := v.rows(s, v.manifest.Files[i]); err != nil {
				return err // it knows the row
			}
		}
	}
	return broken("%s is not as it was written", name)
}

func (v *handOffVerifier) content(name string) []byte {
	text, err := v.root.ReadFile(name)
	if err != nil {
		return nil // its digest was read a moment ago; without it the file counts as changed
	}
	return text
}

// rows holds every row of a table against its own checksum.
func (v *handOffVerifier) rows(s schema, said File) (err error) {
	file, err := v.root.Open(s.file)
	if err != nil {
		return fmt.Errorf("open %s: %w", s.file, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	all := strings.Join(said.Blocks, "")
	const size = len("00000000")
	want := func(row int) string { // 1 is the first
		if row < 1 || row*size > len(all) {
			return ""
		}
		return all[(row-1)*size : row*size]
	}
	lines := bufio.NewReaderSize(file, 1<<18)
	for row := 0; ; row++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			if want(row) != "" {
				return broken("%s: row %d is missing", s.file, row)
			}
			return nil
		}
		if err != nil && err != io.EOF {
			return fmt.Errorf("read %s: %w", s.file, err)
		}
		switch sum := blockSum(crc32.Checksum(line, checksums())); {
		case row == 0 || sum == want(row):
		case sum == want(row-1):
			return broken("%s: row %d is row %d again", s.file, row, row-1)
		case want(row) == "":
			return broken("%s: row %d is one too many", s.file, row)
		case sum == want(row+1):
			return broken("%s: row %d is missing", s.file, row)
		default:
			return broken("%s: row %d (%s) is not as it was written", s.file, row, clip(line))
		}
	}
}

// clip is the first cell of a line: the row's id.
func clip(line []byte) string {
	cell, _, _ := bytes.Cut(line, []byte(","))
	return clean(string(cell[:min(len(cell), 40)]))
}

// tables reads every table by meaning and holds it against the manifest.
func (v *handOffVerifier) tables() error {
	expected := handOffSchemas(v.manifest.Revision)
	if len(v.manifest.Files) != len(expected) {
		return broken("%s lists %d tables, a hand-off has %d", handOffManifestFile, len(v.manifest.Files), len(expected))
	}
	for i := len(expected) - 1; i >= 0; i-- { // transactions first
		s, said := expected[i], v.manifest.Files[i]
		if said.Name != s.file || !slices.Equal(said.Columns, s.names()) {
			return broken("%s does not list %s with its columns in its place", handOffManifestFile, s.file)
		}
		if err := v.rows(s, said); err != nil {
			return err
		}
		if err := v.table(s, said); err != nil {
			return err
		}
	}
	if !bytes.Equal(v.manifest.readme(), v.content(handOffReadmeFile)) {
		return broken("%s does not say what %s says", handOffReadmeFile, handOffManifestFile)
	}
	return nil
}

func (v *handOffVerifier) table(s schema, said File) error {
	take := map[string]func(int, []string) error{transactionsFile: v.transaction, refundsFile: v.repeats(&v.refunds),
		changesFile: v.repeats(&v.changes), feesFile: v.fee, payoutsFile: v.payout, clearingFile: v.clearingRow,
		exceptionsFile: func(int, []string) error { return nil }}[s.file]
	found, sums, texts := File{}, newSums(), s.texts()
	for row, err := range strictRows(v.root, s, wholly) {
		if err != nil {
			return err
		}
		found.Rows++
		for _, i := range texts {
			if guarded(row[i]) {
				found.GuardedCells = append(found.GuardedCells, guardedCell(found.Rows, s.columns[i].name))
			}
		}
		for _, c := range s.columns {
			if c.kind != kindMoney {
				continue
			}
			amount, err := c.amount(row)
			if err != nil {
				return err
			}
			sums.add(c.name, Money(amount))
		}
		if err := take(found.Rows, row); err != nil {
			return fmt.Errorf("%s: row %d: %w", s.file, found.Rows, err)
		}
	}
	switch {
	case found.Rows != said.Rows:
		return broken("%s has %d rows, the manifest says %d", s.file, found.Rows, said.Rows)
	case len(found.GuardedCells) != said.Guarded || !slices.Equal(found.GuardedCells, said.GuardedCells):
		return broken("%s has other guarded cells than the manifest says", s.file)
	}
	return compareSums(s.file, sums.list(), said.Sums)
}

// cellsOf names the cells of a row.
func cellsOf[R any](row []string) map[string]string {
	cells := map[string]string{}
	for _, c := range schemaOf[R]("").columns {
		cells[c.name] = row[c.place]
	}
	return cells
}

// amountOf reads a cell that strictRows has found to be money; an empty one is the zero Amount, without a currency.
func amountOf(cells map[string]string, column, currency string) (money.Amount, error) {
	if cells[column] == "" {
		return money.Amount{}, nil
	}
	return money.Parse(cells[column], money.Currency(cells[currency]))
}

// transaction adds up one row of transactions.csv for everything that must agree with it.
func (v *handOffVerifier) transaction(n int, row []string) error {
	cells := cellsOf[transactionRow](row)
	if before := v.seen[cells["row_id"]]; before != 0 {
		return broken("%s is row %d again", cells["row_id"], before)
	}
	v.seen[cells["row_id"]] = n
	total := v.totals.of(cells["kind"], cells["status"])
	amounts := map[string]money.Amount{}
	for _, c := range schemaOf[transactionRow](transactionsFile).columns {
		if c.kind == kindMoney {
			amount, err := c.amount(row)
			if err != nil {
				return err
			}
			amounts[c.name] = amount
			total.sums.add(c.name, Money(amount))
		}
	}
	gross, fee, net := amounts["settlement_gross"], amounts["settlement_fee"], amounts["settlement_net"]
	if gross.Currency != "" && fee.Currency != "" && gross.Minor-fee.Minor != net.Minor {
		return broken("settlement_gross %s less settlement_fee %s is not settlement_net %s", gross, fee, net)
	}
	if isRefund(cells["kind"]) {
		v.refunds = append(v.refunds, projected{n, cells})
	}
	if cells["revision"] == strconv.Itoa(v.manifest.Revision) && v.manifest.Revision > 1 {
		v.changes = append(v.changes, projected{n, cells})
	}
	day := cells["booked_on_local"]
	if day < v.manifest.From || day >= v.manifest.Until {
		return broken("it is booked on %s, outside of the period", day)
	}
	if net.Currency == "" {
		return nil
	}
	return v.settled(cells, gross, fee, net)
}

// settled adds a row with a settlement to fees, payouts and clearing accounts.
func (v *handOffVerifier) settled(cells map[string]string, gross, fee, net money.Amount) error {
	kind := reconcile.EntryKind(cells["kind"])
	source, currency := cells["source"], cells["settlement_currency"]
	payout, moved := kind == reconcile.EntryPayout || kind == reconcile.EntryPayoutReversal, gross
	if !payout && gross.Currency != "" && fee.Currency != "" {
		if kind == reconcile.EntryFee {
			gross, fee = money.New(0, net.Currency), net.Neg()
		}
		category := cells["category"]
		if category == "" {
			category = cells["kind"]
		}
		key := feeKey{cells["booked_on_local"][:len("2026-11")], unguard(source), currency, unguard(category)}
		if err := v.fees.put(key, gross, fee); err != nil {
			return err
		}
	}
	if cells["balance_transaction_id"] == "" {
		return nil
	}
	if err := addHere(v.moved, clearingKey{source, currency, cells["kind"]}, net); err != nil {
		return err
	}
	key := [3]string{source, cells["payout_id"], currency}
	switch {
	case kind == reconcile.EntryPayout && cells["adjusts_row_id"] == "":
		sum, err := money.New(v.paid[key].Minor, net.Currency).Add(money.New(moved.Minor, net.Currency))
		v.paid[key] = sum
		return err
	case kind == reconcile.EntryPayout || cells["payout_id"] == "":
		return nil
	}
	return addHere(v.here, key, net)
}

func addHere[K comparable](sums map[K]*hereSum, key K, a money.Amount) (err error) {
	if sums[key] == nil {
		sums[key] = &hereSum{net: money.New(0, a.Currency)}
	}
	sums[key].count++
	sums[key].net, err = sums[key].net.Add(a)
	return err
}

// repeats holds the rows of a table, one by one, against the rows of transactions.csv that it repeats.
func (v *handOffVerifier) repeats(expected *[]projected) func(int, []string) error {
	return func(n int, row []string) error {
		columns := schemaOf[handedRefundRow]("")
		if expected == &v.changes {
			columns = schemaOf[handedChangeRow]("")
		}
		if n > len(*expected) {
			return broken("%s has no such row", transactionsFile)
		}
		want := (*expected)[n-1]
		for _, c := range columns.columns {
			if cell, shared := want.cells[c.name]; shared && cell != row[c.place] {
				return broken("%s is %.60q, row %d of %s says %.60q", c.name, row[c.place], want.row, transactionsFile, cell)
			}
		}
		return nil
	}
}

func (v *handOffVerifier) fee(n int, row []string) error {
	rows := v.fees.rows()
	if n > len(rows) {
		return broken("%s has no such fees", transactionsFile)
	}
	want := rows[n-1]
	text, err := cellTexts(want.Month, want.Source, want.Currency, want.Category, want.Count, want.Gross, want.Fee)
	if err == nil && !slices.Equal(text, row) {
		return broken("it says %s, the rows of %s come to %s", strings.Join(row, " "), transactionsFile, strings.Join(text, " "))
	}
	return err
}

func cellTexts(cells ...interface{ MarshalCSV() (string, error) }) (texts []string, err error) {
	for _, cell := range cells {
		text, err := cell.MarshalCSV()
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// payout holds a payout against the rows that went with it.
func (v *handOffVerifier) payout(_ int, row []string) error {
	cells := cellsOf[handedPayoutRow](row)
	var amounts [5]money.Amount
	for i, column := range []string{"amount", "members_net", "members_here_net", "members_before_net", "difference"} {
		var err error
		if amounts[i], err = amountOf(cells, column, "currency"); err != nil {
			return err
		}
	}
	amount, members, hereNet, before, difference := amounts[0], amounts[1], amounts[2], amounts[3], amounts[4]
	key := [3]string{cells["source"], cells["payout_id"], cells["currency"]}
	count, net := 0, int64(0)
	if here := v.here[key]; here != nil {
		count, net = here.count, here.net.Minor
	}
	switch paid, known := v.paid[key]; {
	case cells["members_here"] != strconv.Itoa(count) || hereNet.Minor != net:
		return broken("payout %s has members_here %s with %s, %s has %d with %s", cells["payout_id"], cells["members_here"], hereNet,
			transactionsFile, count, money.New(net, amount.Currency))
	case hereNet.Minor+before.Minor != members.Minor || amount.Minor-members.Minor != difference.Minor:
		return broken("payout %s: members and difference do not come to the amount", cells["payout_id"])
	case known && paid.Minor != -amount.Minor:
		return broken("payout %s is of %s, its own row in %s of %s", cells["payout_id"], amount, transactionsFile, paid)
	}
	return nil
}

// clearingRow holds a line of a clearing account against the rows of transactions.csv.
func (v *handOffVerifier) clearingRow(_ int, row []string) error {
	cells := cellsOf[clearingRow](row)
	amount, err := amountOf(cells, "amount", "currency")
	if err != nil {
		return err
	}
	line := reconcile.ClearingKind(cells["line"])
	if line == reconcile.ClearingMovement {
		key := clearingKey{cells["source"], cells["currency"], cells["kind"]}
		is := v.moved[key]
		if is == nil || is.net != amount || strconv.Itoa(is.count) != cells["count"] {
			return broken("%s of %s in %s is not what %s comes to", key.kind, key.source, key.currency, transactionsFile)
		}
		delete(v.moved, key)
	}
	return v.clearing.add(unguard(cells["source"]), line, amount)
}

// across checks what only shows when all tables have been read.
func (v *handOffVerifier) across() error {
	files := map[string]File{}
	for _, f := range v.manifest.Files {
		files[f.Name] = f
	}
	switch {
	case files[refundsFile].Rows != len(v.refunds):
		return broken("%s has %d rows, %s has %d refunds", refundsFile, files[refundsFile].Rows, transactionsFile, len(v.refunds))
	case files[changesFile].Rows != len(v.changes):
		return broken("%s has %d rows, %s has %d of this revision", changesFile, files[changesFile].Rows, transactionsFile, len(v.changes))
	case files[feesFile].Rows != len(v.fees):
		return broken("%s has %d rows, %s comes to %d", feesFile, files[feesFile].Rows, transactionsFile, len(v.fees))
	}
	for key := range v.moved {
		return broken("%s has no line of %s of %s in %s", clearingFile, key.kind, key.source, key.currency)
	}
	for _, c := range v.clearing.list() {
		if err := c.check(); err != nil {
			return err
		}
	}
	again := v.manifest
	again.Totals, again.Clearing = v.totals.list(), v.clearing.list()
	said, err := v.manifest.encode()
	if err != nil {
		return err
	}
	found, err := again.encode()
	if err == nil && !bytes.Equal(said, found) {
		return broken("%s: its totals are not what the tables come to", handOffManifestFile)
	}
	return err
}
