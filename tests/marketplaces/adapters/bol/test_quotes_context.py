import json

import pytest

from marketplaces.adapters.bol.mapping import MAPPERS
from marketplaces.canonical import Rejected
from marketplaces.contract import Page


@pytest.mark.parametrize("skus", ['{"0000000000017"  "MUG-RED"}', "[", "{"])
def test_it_rejects_a_quote_whose_names_cannot_be_read_instead_of_failing(skus: str):
    quote = {"ean": "0000000000017", "unitPrice": 10, "totalCost": 2}
    body = json.dumps({"commissions": [quote], "about": {"skus": skus}}).encode()
    (row,) = MAPPERS["fees"](Page(resource="fees", body=body))
    assert isinstance(row, Rejected)
    assert "skus is not JSON" in row.reason
