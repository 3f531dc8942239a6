"""How playground worlds move, see and pay: batched kernels over one record of bytes per world."""
