package matchers

import (
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Product proposes what was paid for. Its candidates have a ProductID and no LeadID.
type Product struct{}

// Name is stored in matched_by.
func (Product) Name() string { return NameProduct }

// Match compares the provider's product id, the description and, in support only, the price.
func (Product) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	text := strings.Join(p.Description, " ")
	var out []reconcile.Candidate
	for _, product := range in.Products() {
		evidence := productEvidence(p, text, product)
		if len(evidence) == 0 {
			continue // a price alone names nothing
		}
		if price, known := priceEvidence(p, product); known {
			evidence = append(evidence, price)
		}
		out = append(out, reconcile.Candidate{ProductID: product.ID, Evidence: evidence})
	}
	return out
}

func productEvidence(p *reconcile.Prepared, text string, product *reconcile.Product) []reconcile.Evidence {
	var out []reconcile.Evidence
	if p.StripeProductID != "" && p.StripeProductID == product.StripeProductID {
		out = append(out, reconcile.Evidence{
			Signal: reconcile.SignalProductID, Payment: p.StripeProductID, Candidate: product.StripeProductID,
			Weight: weightProductID, Strategy: NameProduct,
		})
	}
	best := reconcile.Evidence{Signal: reconcile.SignalDescription, Payment: describe(p), Strategy: NameProduct}
	for i := -1; i < len(product.Aliases); i++ {
		name := product.Name
		if i >= 0 {
			name = product.Aliases[i]
		}
		if !mayName(text, name) {
			continue
		}
		if weight := textWeight(text, normalize.Words(name)); weight > best.Weight {
			best.Weight, best.Candidate = weight, name
		}
	}
	if best.Weight > 0 {
		out = append(out, best)
	}
	return out
}

// mayName rules out, without folding it, a name whose first letter begins no word of the text: nearly all of a
// catalogue. Letters beyond ASCII are never ruled out.
func mayName(text, name string) bool {
	if name == "" || text == "" {
		return false
	}
	first := name[0] | 0x20
	if first < 'a' || first > 'z' {
		return true
	}
	for i := range len(text) {
		if text[i] == first && (i == 0 || text[i-1] == ' ') {
			return true
		}
	}
	return false
}

// textWeight is what a folded description says for a product's name.
func textWeight(text string, name []string) reconcile.Weight {
	const shortestPrefix = 6 // letters; fewer begin too many names
	joined := strings.Join(name, " ")
	switch {
	case joined == "" || text == "":
		return 0
	case text == joined:
		return weightProductEqual
	case strings.Contains(" "+text+" ", " "+joined+" "):
		return weightProductContains + weightProductToken*reconcile.Weight(min(len(name), 4))
	case len(text) >= shortestPrefix && strings.HasPrefix(joined, text):
		return weightProductPrefix
	}
	return 0
}

func describe(p *reconcile.Prepared) string {
	if p.Payer.Description != "" {
		return p.Payer.Description
	}
	return p.Payer.Statement
}

func priceEvidence(p *reconcile.Prepared, product *reconcile.Product) (reconcile.Evidence, bool) {
	if product.Amount == nil || p.Amount.Minor <= 0 || p.Amount.Currency != product.Amount.Currency {
		return reconcile.Evidence{}, false
	}
	weight := weightListDiffers
	switch ratesOf(p.Amount, *product.Amount) {
	case 0:
	case 1:
		weight = weightListPrice
	default:
		weight = weightListFraction
	}
	return reconcile.Evidence{
		Signal: reconcile.SignalListPrice, Payment: display(p.Amount), Candidate: display(*product.Amount),
		Weight: weight, Strategy: NameProduct,
	}, true
}
