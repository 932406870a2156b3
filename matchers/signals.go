package matchers

// Signals name the compared features in stored evidence; package score knows them by the same names.
const (
	signalReference   = "reference"
	signalCustomer    = "customer"
	signalEmail       = "email"
	signalPhone       = "phone"
	signalName        = "name"
	signalCompany     = "company"
	signalAddress     = "address"
	signalAmount      = "amount"
	signalCallTime    = "call_time"
	signalCallProduct = "call_product"
	signalProductID   = "product_id"
	signalDescription = "description"
	signalListPrice   = "list_price"
)
