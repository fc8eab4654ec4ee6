"""A page of facts names who disagrees from the tables and the cards, never from memory."""

import pytest

from chipflows import tables
from chipflows.errors import InputError
from chipflows.reports import factsheet


def test_an_unknown_ask_names_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean kyc"):
        factsheet.disputes("kyv")


@pytest.mark.parametrize("ask", factsheet.ASKS)
def test_every_ask_has_a_dispute_with_both_sides_and_a_position_from_a_card(ask: str) -> None:
    rows, cards = factsheet.disputes(ask), tables.cards()

    assert list(rows.columns) == ["on", "one says", "another says"]
    assert len(rows) > 0 and not rows.isna().any().any()
    assert all(card in cards for card in factsheet.used(ask))
    assert any(str(cards[source].stance) in factsheet.positions(ask) for source in factsheet.used(ask))
    assert factsheet.spoken(ask)
