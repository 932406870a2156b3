package wepay

import "pennytie/providers/internal/wire"

// field is a value that may be an object, and what it is otherwise.
type field struct {
	wire.Scalar
	object wire.Object
}

// UnmarshalJSON implements json.Unmarshaler and never fails.
func (f *field) UnmarshalJSON(raw []byte) error {
	_ = f.Scalar.UnmarshalJSON(raw) // never fails, as the next
	return f.object.UnmarshalJSON(raw)
}

// id is that of a reference, {"id": …, "path": …, "resource": …}, also where it comes as the bare id.
func (f field) id() wire.Scalar {
	if f.object != nil {
		return f.object["id"]
	}
	return f.Scalar
}

// paymentRow is https://dev.wepay.com/api/v3.1/operation/GET_payments. Its amounts are in minor units.
type paymentRow struct {
	ID             wire.Scalar `json:"id"`
	Resource       wire.Scalar `json:"resource"`
	Owner          field       `json:"owner"`
	CreateTime     wire.Scalar `json:"create_time"`
	CaptureAt      wire.Scalar `json:"capture_at"`
	Status         wire.Scalar `json:"status"`
	FailureReason  field       `json:"failure_reason"`
	Currency       wire.Scalar `json:"currency"`
	Amount         wire.Scalar `json:"amount"`
	AmountRefunded wire.Scalar `json:"amount_refunded"`
	AmountDisputed wire.Scalar `json:"amount_disputed"`
	FeeAmount      wire.Scalar `json:"fee_amount"`
	PaymentMethod  field       `json:"payment_method"`
	ReferenceID    wire.Scalar `json:"reference_id"`
	CustomData     wire.Object `json:"custom_data"`
	Order          field       `json:"order"`
}

// refundRow is https://dev.wepay.com/api/latest/operation/GET_refunds-id. Amounts may be null for a full refund.
type refundRow struct {
	ID           wire.Scalar `json:"id"`
	Resource     wire.Scalar `json:"resource"`
	CreateTime   wire.Scalar `json:"create_time"`
	Status       wire.Scalar `json:"status"`
	Amounts      field       `json:"amounts"`
	RefundReason wire.Scalar `json:"refund_reason"`
	Payment      field       `json:"payment"`
}

// disputeRow is https://dev.wepay.com/api/latest/operation/GET_disputes-id.
type disputeRow struct {
	ID         wire.Scalar `json:"id"`
	Resource   wire.Scalar `json:"resource"`
	CreateTime wire.Scalar `json:"create_time"`
	Status     wire.Scalar `json:"status"`
	Type       wire.Scalar `json:"type"`
	Amount     wire.Scalar `json:"amount"`
	Currency   wire.Scalar `json:"currency"`
	Payment    field       `json:"payment"`
	Reason     wire.Scalar `json:"reason"`
	Resolution wire.Scalar `json:"resolution"`
}

// methodRow is https://alpha-developer.wepay.com/api/v3.2/operation/POST_payment_methods-id. A bank account has no card.
type methodRow struct {
	ID         wire.Scalar `json:"id"`
	CreditCard wire.Object `json:"credit_card"`
}

// identified is what get compares with the id that it asked for.
type identified struct {
	ID wire.Scalar `json:"id"`
}
