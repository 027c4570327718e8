// The same two timers as in `ticks`.
#include "../ticks/timer.c"
