"""Where the fleet runs: one file a queue, `arq workers.<queue>.WorkerSettings`, and the cell with all of them."""
