package fake

import (
	"fmt"
	"time"
)

// subscribe bills every month until the business's dates end, the payer leaves or enough charges are
// made. One subscriber in ten has a second product on every bill.
func (m *maker) subscribe(s *sale) {
	m.becomeCustomer(s.payer, s.at.Add(-2*time.Minute), false)
	sub := &subscription{
		id: m.id("sub_"), itemID: "si_" + m.token(14), created: s.at.Add(-time.Minute),
		payer: s.payer, product: s.product, amount: s.amount,
	}
	extra := int64(0)
	var second *product
	if m.chance(100) {
		second = m.choose(s.amount.Currency, true)
		if extra = second.price(s.amount.Currency).Minor; second == s.product || extra >= s.amount.Minor {
			second, extra = nil, 0 // the first line stays the largest
		}
	}
	code := m.digits("########")
	for i := range m.between(3, 12) {
		at := s.at.AddDate(0, i, 0)
		if !at.Before(m.to) || m.left == 0 {
			return
		}
		in := m.begin(s, at, s.amount.Minor+extra)
		in.description = "Subscription update"
		if i == 0 {
			in.description = "Subscription creation"
		}
		bill := &invoice{
			id: m.id("in_"), number: fmt.Sprintf("%s-%04d", code, i+1), subscription: sub, intent: in,
			created: at.Add(-time.Minute),
			lines:   []invoiceLine{{m.id("il_"), s.product, s.amount.Minor}},
		}
		if i > 0 {
			bill.created = at.Add(-time.Hour) // a renewal is a draft for an hour
		}
		if second != nil {
			bill.lines = append(bill.lines, invoiceLine{m.id("il_"), second, extra})
		}
		in.invoice = bill
		sub.invoices = append(sub.invoices, bill)
		m.collect(m.attempt(in, at), at, in.amount.Minor)
	}
}
