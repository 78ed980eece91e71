"""Catalogue: tests, panels, reference ranges, critical values, limits and answers, in layers.

``queries.effective(owner_id)`` is the catalogue as it holds for one organisation; ``rules`` reads values and judges
them; ``services`` publishes what an organisation adopts or changes. The shipped rows are CSV files in ``data/``, each
with its status and source; what nobody checked, and critical values, judge only after adoption.
"""
