"""What clauses say, by theme: each module maps verbs to rules, a rule reads one clause."""
