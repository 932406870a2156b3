package sqlite

import (
	"database/sql/driver"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"pennytie/reconcile"
	"pennytie/reconcile/money"
)

// record is one row as the driver gives it: int64, string, []byte or nil. The tables are STRICT, so a
// column has the type that its reader asks for, or is NULL.
type record []driver.Value

func (r record) text(i int) string {
	value, _ := r[i].(string)
	return value
}

func (r record) int(i int) int64 {
	value, _ := r[i].(int64)
	return value
}

func (r record) flag(i int) bool { return r.int(i) != 0 }

func (r record) blob(i int) []byte {
	value, _ := r[i].([]byte)
	return value
}

func (r record) time(i int) time.Time {
	if r[i] == nil {
		return time.Time{}
	}
	return time.UnixMicro(r.int(i)).UTC()
}

// amount reads minor units whose currency is known from elsewhere; NULL is the zero Amount.
func (r record) amount(i int, currency money.Currency) money.Amount {
	if r[i] == nil {
		return money.Amount{}
	}
	return money.New(r.int(i), currency)
}

// amountOrNil reads minor units that may be unknown.
func (r record) amountOrNil(i int, currency money.Currency) *money.Amount {
	if r[i] == nil {
		return nil
	}
	amount := money.New(r.int(i), currency)
	return &amount
}

// json decodes a column; NULL leaves into as it is. The decoder's own error might quote the content.
func (r record) json(i int, into any) error {
	if r[i] == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(r.text(i)), into); err != nil {
		return fmt.Errorf("a stored document (%T) cannot be read: %w", into, reconcile.ErrIntegrity)
	}
	return nil
}

func orNull[T ~string](text T) driver.Value {
	if text == "" {
		return nil
	}
	return string(text)
}

func flag(set bool) driver.Value {
	if set {
		return int64(1)
	}
	return int64(0)
}

// micros is a UTC time in microseconds: finer parts are cut, unknown is NULL.
func micros(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// minor is an amount without its currency, for a column whose currency is beside it.
func minor(a money.Amount) driver.Value {
	if a == (money.Amount{}) {
		return nil
	}
	return a.Minor
}

func minorOrNull(a *money.Amount) driver.Value {
	if a == nil {
		return nil
	}
	return a.Minor
}

// document is JSON for a column.
func document(value any) (driver.Value, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %T cannot be stored: %w", value, reconcile.ErrInvalid)
	}
	return string(encoded), nil
}

// ownerOrNull is a row, where 0 stands for none.
func ownerOrNull(row int64) driver.Value {
	if row == 0 {
		return nil
	}
	return row
}

// same says whether two rows hold the same values.
func same(a, b []driver.Value) bool {
	return slices.EqualFunc(a, b, func(x, y driver.Value) bool {
		left, ok := x.([]byte)
		if !ok {
			_, bytes := y.([]byte)
			return !bytes && x == y
		}
		right, ok := y.([]byte)
		return ok && string(left) == string(right)
	})
}

// packKeys makes a column of blocking keys: sorted, distinct, 8 bytes each; none is NULL.
func packKeys(keys []reconcile.BlockKey) driver.Value {
	if len(keys) == 0 {
		return nil
	}
	sorted := distinct(keys)
	packed := make([]byte, 0, 8*len(sorted))
	for _, key := range sorted {
		packed = binary.BigEndian.AppendUint64(packed, uint64(key))
	}
	return packed
}

func unpackKeys(value driver.Value) []reconcile.BlockKey {
	packed, _ := value.([]byte)
	keys := make([]reconcile.BlockKey, 0, len(packed)/8)
	for ; len(packed) >= 8; packed = packed[8:] {
		keys = append(keys, reconcile.BlockKey(binary.BigEndian.Uint64(packed)))
	}
	return keys
}

// distinct sorts a copy and drops repeats.
func distinct[T interface{ ~int64 }](values []T) []T {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}
