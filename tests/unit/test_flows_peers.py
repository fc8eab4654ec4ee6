"""Peers' published numbers, reproduced with their own inputs (BENCHMARKS A, E, F)."""

import numpy as np
import pytest

from chipflows.flows.peers import (
    CNAS_2024,
    CnasInputs,
    break_even_chips,
    cnas_2024,
    cnas_quantiles,
    cnas_sampling_error,
    cnas_total_order,
    hbm_limited_packages,
    lognormal,
    packages_from_dies,
)

LEVELS = (0.025, 0.05, 0.10, 0.50, 0.90, 0.95, 0.975)


@pytest.fixture(scope="module")
def drawn():
    return cnas_2024(2**18, seed=1)


def test_a2_the_first_pathway_is_a_lognormal_in_closed_form(drawn):
    # mu = ln(12 sqrt(38 x 150) sqrt(17 x 1000)); sigma^2 = s1^2 + s2^2
    (m1, s1), (m2, s2) = lognormal(CNAS_2024.vendors), lognormal(CNAS_2024.chips_per_vendor_month)
    mu, sigma = m1 + m2 + np.log(12), np.hypot(s1, s2)
    exact = np.exp(mu + sigma * np.array([-1.6448536, 0, 1.6448536]))
    assert exact == pytest.approx([13_762, 118_125, 1_013_922], rel=1e-3)
    assert cnas_quantiles(drawn["vendors"], (0.05, 0.5, 0.95)) == pytest.approx(exact, rel=0.01)


def test_a3_the_second_pathway(drawn):
    found = cnas_quantiles(drawn["fronts"], (0.025, 0.05, 0.5, 0.95, 0.975))
    assert found == pytest.approx([9_055, 12_504, 67_384, 361_392, 498_113], rel=0.005)


def test_a4_the_mixture(drawn):
    expected = [10_317, 15_698, 25_514, 136_125, 654_650, 1_027_812, 1_530_021]
    assert cnas_quantiles(drawn["mixture"], LEVELS) == pytest.approx(expected, rel=0.005)


def test_a1_the_median_is_the_published_140_000_within_5_percent(drawn):
    dropped = cnas_2024(2**18, inputs=CnasInputs(noise_as_fronts=False))["mixture"]
    assert np.median(dropped) == pytest.approx(141_900, rel=0.005)
    assert np.median(drawn["mixture"]) == pytest.approx(140_000, rel=0.05)


def test_a5_the_published_lower_end_is_that_of_a_95_percent_interval(drawn):
    # 10,000 was printed; the 2.5th percentile is 10,317 and the 5th 15,698
    low, later = cnas_quantiles(drawn["mixture"], (0.025, 0.05))
    assert low == pytest.approx(10_000, rel=0.05)
    assert later > 1.5 * 10_000


def test_a6_the_published_upper_end_does_not_reproduce(drawn):
    # "several hundred thousand" was printed; with the printed inputs one draw in twenty exceeds a million.
    assert cnas_quantiles(drawn["mixture"], (0.95,))[0] > 1_000_000


def test_a7_more_than_100_000_is_more_likely_than_not(drawn):
    assert (drawn["mixture"] > 100_000).mean() == pytest.approx(0.596, abs=0.005)


def test_a8_total_order_indices_of_the_logarithm():
    # Of ln(12 x vendors x chips): variances (ln(150/38) / 3.2897)^2 = .174 and (ln(1000/17) / 3.2897)^2 =
    # 1.534, so chips weigh 8.8 times vendors wherever the first pathway is taken: .79 against .09.
    expected = {
        "chips_per_vendor_month": 0.79,
        "pathway": 0.19,
        "vendors": 0.09,
        "fronts": 0.03,
        "chips_per_front_year": 0.03,
        "diverted_share": 0.004,
    }
    found = cnas_total_order(2**14)
    assert found == pytest.approx(expected, abs=0.03)
    assert found["chips_per_vendor_month"] / found["vendors"] == pytest.approx(1.534 / 0.174, rel=0.02)
    assert list(found) == sorted(found, key=lambda name: -found[name])


def test_a21_the_2025_inputs_moved_the_even_odds_of_2023(drawn):
    # 2023: even odds of more than 12,500 chips in 2024; by the inputs of 2025 about 96%
    assert (drawn["mixture"] > 12_500).mean() == pytest.approx(0.965, abs=0.005)


def test_g1_sobol_points_beat_plain_draws_at_every_quantile_over_ten_seeds():
    error = cnas_sampling_error(2**16, seeds=10)
    # plain: sqrt(p(1-p)/n) over the density: about 1% at the ends and half a percent in the middle
    assert (error["plain"] < 0.02).all()
    assert (error["sobol"] < 0.003).all()
    assert (error["sobol"] < error["plain"] / 3).all()


def test_plain_and_sobol_draws_are_of_the_same_model():
    plain, sobol = (cnas_2024(2**16, seed=3, plain=flag)["mixture"] for flag in (True, False))
    assert np.median(plain) == pytest.approx(np.median(sobol), rel=0.02)
    assert not np.array_equal(plain, sobol)


def test_a9_packages_from_dies():
    assert packages_from_dies(2_000_000) == 750_000
    assert packages_from_dies(3_000_000) == 1_125_000


def test_a10_seized_chips_that_pay_for_the_budget_increase():
    assert break_even_chips(313e6, 191e6, 29_000) == pytest.approx(2_103, rel=0.01)


def test_a20_the_2023_interval_is_that_of_a_lognormal():
    # the root of 1,600 x 200,000 is 17,889, against a printed median of 18,000
    assert np.sqrt(1_600 * 200_000) == pytest.approx(18_000, rel=0.01)


def test_e2_what_binds_is_the_scarcer_of_dies_and_stacks():
    # 2.9M TSMC dies give 2.9M / 2 x .75 = 1,087,500 packages; Samsung's 11.4M stacks 11.4M / 8 = 1,425,000
    dies, stacks = packages_from_dies(2.9e6), hbm_limited_packages(11.4e6)
    assert (dies, stacks) == (1_087_500, 1_425_000)
    assert min(dies, stacks) == dies


def test_e1_packages_that_the_hbm_bank_allows():
    assert hbm_limited_packages(13_000_000) == 1_625_000


def test_f_ratios_between_chips():
    best, b30a, h200, asc910c, h20, floor = 60_000, 30_000, 15_840, 12_032, 2_368, 1_600
    assert b30a / h20 == pytest.approx(12.67, abs=0.005)  # by TPP
    assert b30a / floor == 18.75  # over the 3A090.a density floor
    assert best / asc910c == pytest.approx(4.99, abs=0.01)  # the best US chip over the 910C (CFR)
    assert asc910c / h200 == pytest.approx(0.760, abs=0.001)  # IFP


def test_quantiles_by_partial_sorting_are_those_of_numpy() -> None:
    values = np.array([49.0, 0.0, 25.0, 1.0, 16.0, 4.0, 36.0, 9.0])
    levels = (0.0, 0.1, 0.3, 0.5, 0.95, 1.0)
    assert cnas_quantiles(values, levels).tolist() == pytest.approx(np.quantile(values, levels).tolist())
