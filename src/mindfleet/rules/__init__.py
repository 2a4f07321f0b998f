"""Language by rules: what the offline provider knows. English; says nothing rather than something false.

A message falls into sentences (`text`), these into clauses (`pieces`, `clauses`) with a subject (`subjects`), a verb
(`heads`, `verbs`), a phrase after it (`phrase`) and a time (`when`); what is not meant in earnest is left out
(`earnest`). The rules in `themes` read one clause each. Words and patterns are lists in `words/` and `patterns/`
(`lexicon`). On top of that: facts (`statements`), `wishes`, `goals`, the `gate`, `importance`, `topics`, the `digest`
and `reflection`. No model, no chance, no state: the same text says the same again.
"""
