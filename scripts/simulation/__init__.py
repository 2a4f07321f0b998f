"""Redis in memory, with a clock that is set by hand and the real Lua scripts, for simulations of millions of steps."""
