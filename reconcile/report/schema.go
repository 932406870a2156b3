package report

import (
	"reflect"
)

// schema is what a file must look like. It is read off the row type, so that writing and verifying cannot
// drift apart.
type schema struct {
	file    string
	columns []column
}

// column is one column: its name and place, the cell type that writes it and, for money, where its currency
// stands.
type column struct {
	name          string
	place         int
	kind          cellKind
	currencyPlace int
}

type cellKind string

const (
	kindText   cellKind = "text"
	kindMoney  cellKind = "money"
	kindTime   cellKind = "time"
	kindNumber cellKind = "number"
	kindJSON   cellKind = "json"
)

// schemas lists the files of a report folder beside the manifest, in the order they are listed there.
func schemas() []schema {
	return []schema{
		schemaOf[candidateRow](candidatesFile),
		schemaOf[changeRow](changesFile),
		schemaOf[commissionRow](commissionsFile),
		schemaOf[disputeRow](disputesFile),
		schemaOf[exceptionRow](exceptionsFile),
		schemaOf[ledgerRow](ledgerFile),
		schemaOf[matchRow](matchesFile),
		schemaOf[paymentRow](paymentsFile),
		schemaOf[payoutRow](payoutsFile),
		schemaOf[quarantineRow](quarantineFile),
		schemaOf[refundRow](refundsFile),
		schemaOf[summaryRow](summaryFile),
	}
}

// schemaOf reads a row type: the csv tag names the column, the in tag the column of a money cell's currency.
func schemaOf[R any](file string) schema {
	kinds := map[reflect.Type]cellKind{
		reflect.TypeFor[Text]():   kindText,
		reflect.TypeFor[Money]():  kindMoney,
		reflect.TypeFor[Time]():   kindTime,
		reflect.TypeFor[Number](): kindNumber,
		reflect.TypeFor[JSON]():   kindJSON,
	}
	row := reflect.TypeFor[R]()
	s := schema{file: file, columns: make([]column, row.NumField())}
	for i := range s.columns {
		field := row.Field(i)
		s.columns[i] = column{name: field.Tag.Get("csv"), place: i, kind: kinds[field.Type]}
	}
	for i := range s.columns {
		s.columns[i].currencyPlace = s.index(row.Field(i).Tag.Get("in"))
	}
	return s
}

// names are the header.
func (s schema) names() []string {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.name
	}
	return names
}

// index finds a column by name; every name asked for is a constant of this package.
func (s schema) index(name string) int {
	for i, c := range s.columns {
		if c.name == name {
			return i
		}
	}
	return -1
}

// texts are the places of the text columns: the ones that may carry a guard.
func (s schema) texts() []int {
	var places []int
	for i, c := range s.columns {
		if c.kind == kindText {
			places = append(places, i)
		}
	}
	return places
}
