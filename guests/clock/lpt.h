// Live Physical Time: finds the structure and reads the PV counter by the reader's protocol.
#ifndef LPT_H
#define LPT_H

#include "../lib/runtime.h"

struct lpt_sample { u64 native, pv, sequence; };

extern bool lpt_beta;        // the 2018 beta's call numbers and (unverified) layout
bool lpt_find(void);         // false: the platform has no LPT
void lpt_check(void);        // TAP checks of call results and of the structure's fixed fields
u32 lpt_pv_frequency(void);  // Hz
u64 lpt_sequence(void);
struct lpt_sample lpt_read(void);

#endif
