package fake

import "strings"

// The words below are invented or common; put together they make people and companies that do not
// exist. Domains are the ones reserved for examples, phone numbers the ones reserved for fiction.

// words splits a list written as text.
func words(text string) []string { return strings.Fields(text) }

func firstNames() []string {
	return words(`Ada Alba Alma Amos Anya Arlo Asa Astrid Avery Basil Bea Beck Bianca Blythe Bruno Calla
		Callum Carmen Casper Cedric Celia Clara Clive Cora Corin Dalia Damon Daphne Darya Della
		Dexter Dora Dorian Edith Edgar Effie Elias Elin Elio Elsa Emery Enid Enzo Esme Ezra
		Fabian Faye Felix Fern Fiona Flora Freya Gemma Gideon Gilda Greta Gus Hana Harlan Hazel
		Hector Hilda Hugo Ida Ignacio Ilse Imani Ines Ingrid Iris Isla Ivan Ivo Jada Jasper Joel
		Jonas Jonah Joss Juno Kaia Kara Keiko Kenji Kira Lana Lars Leda Leif Lena Leo Levi Liv
		Lorna Lotte Luca Lucia Lydia Mabel Magnus Maia Marek Marta Mateo Maud Maya Mei Milo Mina
		Mira Moira Nadia Naomi Nell Nico Nils Nora Odette Olga Oren Orla Oscar Otis Otto Paloma
		Pearl Petra Phoebe Piers Priya Quinn Rafael Ramona Remy Rhea Rocco Roland Rosa Rowan
		Ruben Ruth Sadie Samira Sasha Saul Selma Silas Simone Sonya Stella Sven Sylvia Tamsin
		Tariq Tess Theo Thora Tilda Tobias Uma Una Ursula Vera Vida Viggo Viola Wanda Wes Wilma
		Winston Xenia Yara Yosef Yuki Zane Zelda Zora`)
}

// nicknamed pairs a first name with what the same person types on another day.
func nicknamed() map[string][]string {
	return map[string][]string{
		"William": {"Bill", "Will"}, "Robert": {"Bob", "Rob"}, "Elizabeth": {"Liz", "Beth"},
		"Margaret": {"Maggie", "Peggy"}, "Katherine": {"Kate", "Kathy"}, "Richard": {"Rick", "Dick"},
		"Thomas": {"Tom"}, "Michael": {"Mike"}, "Jennifer": {"Jen"}, "Alexander": {"Alex", "Sandy"},
		"Christopher": {"Chris"}, "Susan": {"Sue"}, "Anthony": {"Tony"}, "Patricia": {"Pat", "Trish"},
		"Benjamin": {"Ben"}, "Rebecca": {"Becky"}, "Nicholas": {"Nick"}, "Victoria": {"Vicky"},
	}
}

func formalNames() []string {
	return words(`William Robert Elizabeth Margaret Katherine Richard Thomas Michael Jennifer Alexander
		Christopher Susan Anthony Patricia Benjamin Rebecca Nicholas Victoria`)
}

func surnameStarts() []string {
	return words(`Alder Amber Arden Ash Aspen Barley Birch Black Bram Brind Bryn Calder Carrow Cinder Clay
		Cobble Copper Cran Dapple Darrow Deer Dray Drift Dun East Ebon Elder Ember Fallow Fenn
		Fern Flint Frost Gale Garn Glen Gorse Grain Hal Hart Hazel Heather Heron Hollow Holt
		Iron Ivy Jun Kestrel Kirk Lark Laurel Linden Loam Lock Maple Marl Marsh Mead Merrow Mill
		Moss Nettle North Oaken Orchard Otter Pell Pine Quarry Quill Raven Reed Ridge River Rook
		Rowan Rush Sable Sedge Shale Silver Slate Sorrel South Stone Swan Tarn Thistle Thorn
		Timber Umber Vale Wester Whin Wicker Willow Winter Wren Yarrow Yew`)
}

func surnameEnds() []string {
	return words(`acre bank beck berg borne bourne bridge brook bury by comb cote croft dale den doorn ell
		fall feld field ford gate grove hall ham haven hill holm hurst ing ington land lea ley
		lock low man mark mere mond moor mount ness quist rick ridge sen shaw son stead stock
		stone strand ström thorpe ton vale vik wall ward water well wick win wold wood worth
		yard`)
}

func companyStarts() []string {
	return words(`Amberline Birchway Bluefinch Bramble Brightwater Candlewick Cedarpost Cobalt Copperleaf
		Dovetail Driftwood Eastgate Elmhouse Fairlight Fernhill Firefly Foxglove Goldcrest
		Granary Greyfriar Halfmoon Harbourside Hazelnut Highmoor Inkwell Ironbridge Juniper
		Kingfisher Lampblack Lanternfish Larkspur Lighthouse Longmeadow Marigold Millpond
		Mistral Moonraker Mulberry Nightjar Northlight Oakapple Oxbow Paperboat Peppercorn
		Pinwheel Plumline Quayside Quicksilver Redstart Rivermouth Saltmarsh Seaglass
		Silverbirch Skylark Snowdrop Starling Stonecrop Sundial Tamarind Teasel Thimble
		Tidewater Turnstone Undertow Waxwing Weathervane Whitethorn Wildrye Windfall Woodsmoke
		Yellowhammer`)
}

func companyEnds() []string {
	return words("Advisory Analytics Brothers Coaching Collective Consulting Crafts Dental Design " +
		"Digital Events Fitness Foods Health Interiors Labs Legal Logistics Media Partners " +
		"Realty Services Studio Travel Works")
}

func streets() []string {
	return words("Anchor Bakers Canal Chapel Cooper Ferry Foundry Garden Kiln Market Meadow Orchard " +
		"Pier Potters Quarry Saddler Station Tanner Temple Weaver")
}

// place is a made-up town in a real country with postal codes of that country's form.
type place struct{ city, state, country, postal string }

func places() []place {
	return []place{
		{"Larkhaven", "OR", "US", "97###"}, {"Port Ember", "WA", "US", "98###"}, {"Cinder Falls", "CO",
			"US", "80###"},
		{"New Sorrel", "NY", "US", "12###"}, {"Maple Ferry", "OH", "US", "43###"}, {"San Tamar", "CA", "US",
			"95###"},
		{"Goldreef", "TX", "US", "78###"}, {"Marsh Landing", "FL", "US", "32###"}, {"Ridgeport", "IL", "US",
			"60###"},
		{"Lindenstadt", "", "DE", "1####"}, {"Valbrume", "", "FR", "75###"}, {"Puerto Alba", "", "ES",
			"28###"},
		{"Westerholm", "", "NL", "1### AB"}, {"Ashcombe", "", "GB", "ZZ# #QX"}, {"Thornwick", "", "GB",
			"ZZ## #LY"},
		{"Hoshikawa", "", "JP", "1##-00##"}, {"Minatobe", "", "JP", "5##-00##"},
	}
}

// mailHosts are mailbox services of nobody: all below domains reserved for examples.
func mailHosts() []string {
	return words("mail.example.com post.example.com inbox.example.net letters.example.org " +
		"home.example.net box.example.org pigeon.example.com quick.example.net")
}

// areaCodes are put before 555-01xx.
func areaCodes() []string {
	return words(`201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229 231
		234 239 240 248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307
		308 309 310 312 313 314 315 316 317 318 319 320 321 323 325 330 334 336 337 347 351 352
		360 361 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 424 425 430
		432 434 435 440 443 469 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515
		516 517 518 520 530 540 541 551 559 561 562 563 567 570 571 573 574 575 580 585 586 601
		602 603 605 606 607 608 609 610 612 614 615 616 617 618 619 620 623 626 630 631 636 641
		646`)
}

func agents() []string { return words("Dana Eli Farrah Gwen Hollis Indra Jules Kit") }
