"""The mutation test of the quality checker: correct answers are kept, corrupted ones caught.

`facts.jsonl` holds what compilers and the sources say (`collect` wrote it), `wordings.tsv` and `held_wordings.tsv` the ways to say it, `written.tsv`
answers in free prose. `answers` puts them together, `operators` and `held_operators` corrupt them. Nothing in these modules reads
Clew's graph or knows how the checker works.
"""
