"""Questions about `node -> the nodes it waits for`. Generic, iterative, near-linear."""
