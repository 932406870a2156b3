package matchers

import (
	"slices"
	"strings"

	"pennytie/reconcile"
	"pennytie/reconcile/normalize"
)

// Product proposes what was paid for. Its candidates have a ProductID and no LeadID.
type Product struct{}

// Name is stored in matched_by.
func (Product) Name() string { return NameProduct }

// Match compares the provider's product id, what the payment says, what other payments of the payer and amount say, and the
// price.
func (Product) Match(p *reconcile.Prepared, in *reconcile.Index) []reconcile.Candidate {
	text := strings.Join(p.Description, " ")
	same, asked := sameAmount(p), calledAbout(p, in)
	var out []reconcile.Candidate
	for _, product := range in.Products() {
		evidence := productEvidence(p, text, same, product)
		price, fits := priceEvidence(p, product)
		if price.Weight != 0 && (fits || len(evidence) > 0 || asked[product.ID]) {
			evidence = append(evidence, price)
		}
		if len(evidence) > 0 {
			out = append(out, reconcile.Candidate{ProductID: product.ID, Evidence: evidence})
		}
	}
	return out
}

// calledAbout are the products of the calls that the candidates had: scoring may bring them in.
func calledAbout(p *reconcile.Prepared, in *reconcile.Index) map[string]bool {
	out := map[string]bool{}
	for _, lead := range candidates(p, in) {
		for _, call := range lead.Calls {
			out[call.ProductID] = true
		}
	}
	return out
}

// sameAmount are the payer's other payments of the amount: other rates of a plan, or renewals.
func sameAmount(p *reconcile.Prepared) []*reconcile.Prepared {
	return slices.DeleteFunc(slices.Clone(p.Siblings), func(other *reconcile.Prepared) bool { return other.Amount != p.Amount })
}

func productEvidence(p *reconcile.Prepared, text string, same []*reconcile.Prepared, product *reconcile.Product) []reconcile.Evidence {
	var out []reconcile.Evidence
	if e := productID(p, product); e.Weight > 0 {
		out = append(out, e)
	}
	if e := naming(p, text, product); e.Weight > 0 {
		out = append(out, e)
	}
	for _, other := range same {
		e := productID(other, product)
		if e.Weight <= 0 {
			e = naming(other, strings.Join(other.Description, " "), product)
		}
		if e.Weight > 0 {
			e.Signal, e.Payment, e.Weight = reconcile.SignalChain, other.ProviderPaymentID, weightProductChain
			out = append(out, e)
			break
		}
	}
	if e := productID(p, product); len(out) > 0 && e.Weight < 0 {
		out = append(out, e)
	}
	return out
}

func productID(p *reconcile.Prepared, product *reconcile.Product) reconcile.Evidence {
	e := reconcile.Evidence{Signal: reconcile.SignalProductID, Payment: p.StripeProductID, Candidate: product.StripeProductID, Strategy: NameProduct}
	switch {
	case p.StripeProductID == "" || product.StripeProductID == "":
	case p.StripeProductID == product.StripeProductID:
		e.Weight = weightProductID
	default:
		e.Weight = weightProductOther
	}
	return e
}

// naming is what a text says for a product: its name, or one of its other names, whichever says most.
func naming(p *reconcile.Prepared, text string, product *reconcile.Product) reconcile.Evidence {
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
	return best
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

// priceEvidence holds the payment against the price. fits says that the price alone brings the product into question.
func priceEvidence(p *reconcile.Prepared, product *reconcile.Product) (e reconcile.Evidence, fits bool) {
	if product.Amount == nil || p.Amount.Minor <= 0 || product.Amount.Minor <= 0 {
		return e, false
	}
	is, words := termsOf(p, *product.Amount)
	return reconcile.Evidence{
		Signal: reconcile.SignalListPrice, Payment: display(p.Amount), Candidate: words, Weight: weightListTerms[is], Strategy: NameProduct,
	}, is == termsWhole || is == termsRate
}
