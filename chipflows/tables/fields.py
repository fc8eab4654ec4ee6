"""The facts a rule may ask about: one name each, its kind, its default and its meaning.

A fact that a case does not give is unknown, unless a default is documented here. "Unknown" is an answer
(three-valued logic), never a silent "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FIELDS", "OPERATORS", "Field"]

Kind = Literal["number", "flag", "text", "country", "product", "party"]
Default = float | bool | str | None

OPERATORS: dict[str, tuple[str, ...]] = {
    "number": ("min", "above", "max", "below", "is"),
    "flag": ("is",),
    "text": ("is", "in", "not_in"),
    "country": ("is", "in", "not_in"),
    "product": ("is", "in"),
    "party": ("is", "in"),
}


@dataclass(frozen=True)
class Field:
    """One fact. ``default`` None means unknown when a case does not give it; ``wording`` is said aloud."""

    kind: Kind
    wording: str
    unit: str = ""
    default: Default = None
    meaning: str = ""
    derived: bool = False


def _number(wording: str, unit: str = "", default: float | None = None, meaning: str = "") -> Field:
    return Field("number", wording, unit, default, meaning)


def _flag(wording: str, default: bool | None = None, meaning: str = "") -> Field:
    return Field("flag", wording, "", default, meaning)


def _text(wording: str, default: str | None = None, meaning: str = "") -> Field:
    return Field("text", wording, "", default, meaning)


def _country(wording: str, default: str | None = None, meaning: str = "") -> Field:
    return Field("country", wording, "", default, meaning)


_ITEM = {
    "chip": _text("the chip's id", meaning="chip_id of data/tables/chips.csv"),
    "product": Field("product", "the product", meaning="the item's name; a rule names products (H20, A100)"),
    "vendor": _text("the vendor"),
    "designer_hq": _country("the designer's headquarters"),
    "eccn": _text("the classification", meaning="given, or worked out by the classification rules"),
    "tpp": _number("total processing performance", meaning="dense throughput x bit length, never rounded"),
    "performance_density": _number(
        "performance density", "per mm2", meaning="TPP over the area of logic dies on non-planar nodes"
    ),
    "die_area_mm2": _number("applicable die area", "mm2"),
    "mem_bw_gbps": _number("memory bandwidth", "GB/s"),
    "io_bw_gbps": _number("interconnect bandwidth", "GB/s"),
    "total_bw_gbps": Field("number", "memory and interconnect bandwidth together", "GB/s", derived=True),
    "mem_bw_density_gbps_mm2": _number("memory bandwidth density", "GB/s per mm2", meaning="HBM stacks"),
    "is_datacenter": _flag("designed or marketed for data centres", True),
    "is_nonplanar": _flag("made on a non-planar node", True),
    "is_processor": Field("flag", "has a digital processing unit", derived=True),
    "is_copackaged": _flag("sold inside a package with a processor", False, "asked of HBM stacks only"),
    "has_hbm": _flag("carries high-bandwidth memory"),
    "transistors_bn": _number("transistors in the package", "billion"),
    "node_nm": _number("the process node", "nm"),
    "us_available_2026_01_15": _flag("on sale in the United States on 15 January 2026"),
    "cn_us_volume_pct": _number(
        "the product's shipments to China and Macau as a share of its US shipments", "%", 0.0,
        "not given = inside the cap",
    ),
    "shipment_tpp": _number("the shipment's aggregate TPP"),
    "item_is_category_3_bcde": _flag("a Category 3 tool, material, software or technology", False),
    "item_is_ecad_tcad": _flag("design software (ECAD or TCAD)", False),
    "item_is_sme_set": _flag("chip-making equipment of the equipment product rule", False),
    "item_is_fn5_tool": _flag("a chip tool of the footnote 5 product rule", False),
    "has_us_technology_chip": _flag("holds a chip made with US technology"),
    "is_us_technology_product": _flag("a direct product of listed US technology or of such a plant"),
    "us_content_pct": _number("controlled US content", "%"),
    "training_operations": _number("training operations"),
}  # fmt: skip

_TRADE = {
    "to": _country("the destination"),
    "origin": _text("where it is exported from", "US", "US, abroad or in-country"),
    "exporting_country": _country("the country it is exported from"),
    "exporter": _text("the exporter", meaning="default: the chip's vendor"),
    "exporter_hq": _country("the exporter's headquarters"),
    "exporter_role": _text("the exporter's role", "seller", "seller, front_end_fabricator or osat"),
    "designer_status": _text("the designer's status", meaning="approved, authorised, applicant or none"),
    "goes_to_packaging_site": _flag("shipped straight to the packaging site"),
}

_BUYER = {
    "party_hq": _country("the buyer's headquarters or ultimate parent", meaning="default: the destination"),
    "end_user": Field(
        "party", "the end user", default="", meaning="not given = an unlisted commercial buyer"
    ),
    "end_user_footnote": Field(
        "text", "the end user's Entity List footnote", derived=True, meaning="from the listing in force"
    ),
    "is_listed_end_user": Field("flag", "on the Entity List as modelled", derived=True),
    "listed_owner_pct": _number(
        "the share owned by listed firms", "%", meaning="no end user given = 0; an end user given = unknown"
    ),
    "is_designed_by_end_user": _flag("designed or produced by the end user", False),
    "is_government_end_user": _flag("government owned or controlled", False),
    "is_data_center_veu": _flag("a validated end user (data centre, UVEU or NVEU)", False),
    "us_person": _flag("a US person takes part", False),
    "end_use": _text(
        "the end use", "none",
        "none (computing), ic_fabrication, advanced_node_design, supercomputer, sme_development, "
        "us_person_support, advanced_compute_manufacturing or model_training",
    ),
    "production_site": _country("where the chip will be made"),
    "country_licensed_tpp": _number("TPP licensed to the country since 2025"),
    "consignee_year_tpp": _number("the ultimate parent's TPP under LPP this calendar year"),
    "nveu_installed_tpp": _number("the company's installed TPP in the country"),
    "share_outside_supp5a_pct": _number("the company's compute outside the allied group", "%"),
    "largest_country_share_pct": _number("the company's largest share in one other country", "%"),
    "share_outside_us_pct": _number("the company's compute outside the United States", "%"),
}  # fmt: skip

_FAB = {
    "fab_logic_nm": _number("the fab's logic node", "nm"),
    "fab_is_nonplanar": _flag("the fab makes non-planar logic"),
    "fab_nand_layers": _number("the fab's NAND layers"),
    "fab_dram_half_pitch_nm": _number("the fab's DRAM half-pitch", "nm"),
    "fab_dram_cell_um2": _number("the fab's DRAM cell area", "um2"),
    "fab_dram_density_gb_mm2": _number("the fab's DRAM density", "Gb/mm2"),
    "fab_dram_meets_tsv_limb": _flag("the fab's DRAM meets the via-count limb"),
    "fab_node_is_known": _flag("the fab's node is known to the seller"),
    "fab_is_advanced_node": _flag("the fab makes advanced-node chips"),
}

FIELDS: dict[str, Field] = {**_ITEM, **_TRADE, **_BUYER, **_FAB}
