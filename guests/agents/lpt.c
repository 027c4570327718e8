// Live Physical Time as in `clock`.
#include "../clock/lpt.c"
