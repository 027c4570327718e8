/**
 * Instruction words whose handlers are inlined in the interpreter's main function: one of each, the most executed first.
 * Made by test/bench/hot.mjs from a Debian boot and the benchmarks. Any list is right; a good one is fast.
 */
// biome-ignore format: one line each
export const HOT: readonly number[] = [
  0x54fffec1, // B.<cond> <label>
  0xeb01001f, // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xa9029be6, // STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  0x91002000, // ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  0x8b020000, // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xa94297e4, // LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  0xf10005ce, // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  0xb8404403, // LDR <Wt>, [<Xn|SP>], #<simm>
  0x9b047c25, // MADD <Rd>, <Rn>, <Rm>, <Ra>
  0xaa0e03e2, // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xf8637823, // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x71000cff, // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  0xf9401085, // LDR <Xt>, [<Xn|SP>{, #<pimm>}]
  0xd343fc43, // UBFM <Rd>, <Rn>, #<immr>, #<imms>
  0x1f501446, // FMADD <Vd>, <Vn>, <Vm>, <Va>
  0x1e710825, // FMUL <Vd>, <Vn>, <Vm>
  0x540003e0, // B.<cond> <label>
  0x6e261e10, // EOR <Vd>.<T>, <Vn>.<T>, <Vm>.<T>
  0x4ea48610, // ADD <Vd>.<T>, <Vn>.<T>, <Vm>.<T>
  0x12001c21, // AND <Rd|SP>, <Rn>, #<imm>
  0x1e672860, // FADD <Vd>, <Vn>, <Vm>
  0x1b057c42, // MADD <Rd>, <Rn>, <Rm>, <Ra>
  0xf9001a65, // STR <Xt>, [<Xn|SP>{, #<pimm>}]
  0x4a000080, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x9a832463, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0xcb0c0068, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x8b130777, // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x92400842, // AND <Rd|SP>, <Rn>, #<imm>
  0x72001c1f, // ANDS <Rd>, <Rn>, #<imm>
  0x340023a2, // CBZ <Rt>, <label>
  0x17fffff8, // B <label>
  0xb9400000, // LDR <Wt>, [<Xn|SP>{, #<pimm>}]
  0x53187c06, // UBFM <Rd>, <Rn>, #<immr>, #<imms>
  0xd503245f, // HINT #<imm>
  0x93407c21, // SBFM <Rd>, <Rn>, #<immr>, #<imms>
  0x31000abf, // ADDS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  0x1a8500c8, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0xf82478bf, // STR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x52800001, // MOVZ <Rd>, #<imm>{, LSL #<shift>}
  0x4c9f20a0, // ST1 { <Vt>.<T>.. }, [<Xn|SP>], #<bytes>
  0x4e659c86, // MUL <Vd>.<T>, <Vn>.<T>, <Vm>.<T>
  0x6e2028a7, // UADDLP <Vd>.<T>, <Vn>.<T>
  0x4cdf2080, // LD1 { <Vt>.<T>.. }, [<Xn|SP>], #<bytes>
  0x6e6068f1, // UADALP <Vd>.<T>, <Vn>.<T>
  0x8b440c00, // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xa9400c02, // LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  0xd65f03c0, // RET <Xn>
  0x8b244024, // ADD <Rd|SP>, <Rn|SP>, <Rm>{, <extend> {#<amount>}}
  0x9a853084, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0xd538d080, // MRS <Xt>, <systemreg>
  0x5100c084, // SUB <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  0x54fffea8, // B.<cond> <label>
  0xa9001c06, // STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  0x2a0003e4, // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xd2800006, // MOVZ <Rd>, #<imm>{, LSL #<shift>}
  0x0b020006, // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x6b00005f, // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x11000718, // ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  0xa8c37bfd, // LDP <Xt>, <Xt2>, [<Xn|SP>], #<imm>
  0x97ffff91, // BL <label>
  0x540000e9, // B.<cond> <label>
  0x1e6618e2, // FDIV <Vd>, <Vn>, <Vm>
  0x1e623803, // FSUB <Vd>, <Vn>, <Vm>
  0x1e60c025, // FABS <Vd>, <Vn>
  0x1e61c0a5, // FSQRT <Vd>, <Vn>
  0x90002484, // ADRP <Xd>, <label>
  0xfa401800, // CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  0xf9400fe2, // LDR <Xt>, [<Xn|SP>{, #<pimm>}]
  0xab1902f6, // ADDS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xb4000183, // CBZ <Rt>, <label>
  0xa9bf7bfd, // STP <Xt>, <Xt2>, [<Xn|SP>, #<imm>]!
  0xf9001fe5, // STR <Xt>, [<Xn|SP>{, #<pimm>}]
  0x13861cc6, // EXTR <Rd>, <Rn>, <Rm>, #<lsb>
  0xd5384101, // MRS <Xt>, SP_EL0
  0x39400023, // LDRB <Wt>, [<Xn|SP>{, #<pimm>}]
  0xb8217882, // STR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x350000e5, // CBNZ <Rt>, <label>
  0xd5184104, // MSR SP_EL0, <Xt>
  0xd5033fdf, // ISB <option>
  0xf837698e, // STR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x7a431040, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
  0x54ffffa3, // B.<cond> <label>
  0x9a030080, // ADC <Rd>, <Rn>, <Rm>
  0xd63f0040, // BLR <Xn>
  0x9a9f37e4, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0xd51bd07f, // MSR <systemreg>, <Xt>
  0xd5184016, // MSR SPSR_EL1, <Xt>
  0xeb00131f, // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xd10543ff, // SUB <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  0x4b030004, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xb5ffff20, // CBNZ <Rt>, <label>
  0xf240045f, // ANDS <Rd>, <Rn>, #<imm>
  0xf86a6803, // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x3860c8c0, // LDRB <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xb8717871, // LDR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xa8811d07, // STP <Xt>, <Xt2>, [<Xn|SP>], #<imm>
  0xaa0780e7, // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x9ac52665, // LSRV <Rd>, <Rn>, <Rm>
  0x7a421820, // CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  0x8a190260, // AND <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x38401c62, // LDRB <Wt>, [<Xn|SP>, #<simm>]!
  0xd5033b9f, // DSB <option>
  0xb9401feb, // LDR <Wt>, [<Xn|SP>{, #<pimm>}]
  0xd61f0100, // BR <Xn>
  0x9ac92042, // LSLV <Rd>, <Rn>, <Rm>
  0xb9000140, // STR <Wt>, [<Xn|SP>{, #<pimm>}]
  0x540000a2, // B.<cond> <label>
  0xb200c3e4, // ORR <Rd|SP>, <Rn>, #<imm>
  0x38656844, // LDRB <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x79402020, // LDRH <Wt>, [<Xn|SP>{, #<pimm>}]
  0xf806845f, // STR <Xt>, [<Xn|SP>], #<simm>
  0xfa4030e2, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
  0x1a861084, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0x38401402, // LDRB <Wt>, [<Xn|SP>], #<simm>
  0x29001025, // STP <Wt>, <Wt2>, [<Xn|SP>{, #<imm>}]
  0xca0500c6, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xd50b7428, // DC ZVA, <Xt>
  0x38001443, // STRB <Wt>, [<Xn|SP>], #<simm>
  0xdac00ce7, // REV64 <Rd>, <Rn>
  0x9ac60833, // UDIV <Rd>, <Rn>, <Rm>
  0x9b068673, // MSUB <Rd>, <Rn>, <Rm>, <Ra>
  0x540000cc, // B.<cond> <label>
  0x0a0101ad, // AND <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x9283ffe0, // MOVN <Rd>, #<imm>{, LSL #<shift>}
  0x12800140, // MOVN <Rd>, #<imm>{, LSL #<shift>}
  0x54ffffaa, // B.<cond> <label>
  0x1a9f97e0, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0x9a97b393, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0x5a9f2000, // CSINV <Rd>, <Rn>, <Rm>, <cond>
  0xf9800091, // PRFM <prfop>, [<Xn|SP>{, #<pimm>}]
  0x78237801, // STRH <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x78617861, // LDRH <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x6a020000, // ANDS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x4ad01c84, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x5400176d, // B.<cond> <label>
  0x9a828002, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0x3727fde3, // TBNZ <Rt>, #<bit>, <label>
  0xb90007ff, // STR <Wt>, [<Xn|SP>{, #<pimm>}]
  0x39001660, // STRB <Wt>, [<Xn|SP>{, #<pimm>}]
  0x36001840, // TBZ <Rt>, #<bit>, <label>
  0x37f80101, // TBNZ <Rt>, #<bit>, <label>
  0x1ac52125, // LSLV <Rd>, <Rn>, <Rm>
  0x93c28000, // EXTR <Rd>, <Rn>, <Rm>, #<lsb>
  0xb3581c60, // BFM <Rd>, <Rn>, #<immr>, #<imms>
  0x2a0720e7, // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x1a9f17e0, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0x72bdbfc3, // MOVK <Rd>, #<imm>{, LSL #<shift>}
  0x1a9f27fc, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0xf8605820, // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x29401005, // LDP <Wt>, <Wt2>, [<Xn|SP>{, #<imm>}]
  0xf8408406, // LDR <Xt>, [<Xn|SP>], #<simm>
  0x29087fe4, // STP <Wt>, <Wt2>, [<Xn|SP>{, #<imm>}]
  0xa9841d07, // STP <Xt>, <Xt2>, [<Xn|SP>, #<imm>]!
  0xea2800e7, // BICS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x8a290106, // BIC <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x1a9f07e1, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0xb100041f, // ADDS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  0xdac010e7, // CLZ <Rd>, <Rn>
  0x5400006b, // B.<cond> <label>
  0xf2e01d00, // MOVK <Rd>, #<imm>{, LSL #<shift>}
  0xfa430040, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
  0xf2df7fe4, // MOVK <Rd>, #<imm>{, LSL #<shift>}
  0x8b34c001, // ADD <Rd|SP>, <Rn|SP>, <Rm>{, <extend> {#<amount>}}
  0xf85f812e, // LDUR <Xt>, [<Xn|SP>, #<simm>]
  0x88037c82, // STXR <Ws>, <Wt>, [<Xn|SP>]
  0xa9c4342c, // LDP <Xt>, <Xt2>, [<Xn|SP>, #<imm>]!
  0x29511be7, // LDP <Wt>, <Wt2>, [<Xn|SP>{, #<imm>}]
  0x370002e0, // TBNZ <Rt>, #<bit>, <label>
  0x0a230044, // BIC <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xb8004620, // STR <Wt>, [<Xn|SP>], #<simm>
  0x321b0001, // ORR <Rd|SP>, <Rn>, #<imm>
  0xcb204260, // SUB <Rd|SP>, <Rn|SP>, <Rm>{, <extend> {#<amount>}}
  0x089ffc20, // STLRB <Wt>, [<Xn|SP>]
  0xd50339bf, // DMB <option>
  0x54001304, // B.<cond> <label>
  0xa8c1b52c, // LDP <Xt>, <Xt2>, [<Xn|SP>], #<imm>
  0x385ff08a, // LDURB <Wt>, [<Xn|SP>, #<simm>]
  0x885ffc81, // LDAXR <Wt>, [<Xn|SP>]
  0x381ff0aa, // STURB <Wt>, [<Xn|SP>, #<simm>]
  0x79002001, // STRH <Wt>, [<Xn|SP>{, #<pimm>}]
  0x4a4e0d29, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x5ac00800, // REV <Rd>, <Rn>
  0xf2bfb440, // MOVK <Rd>, #<imm>{, LSL #<shift>}
  0xcb43e040, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x9a801021, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0xf8408ca2, // LDR <Xt>, [<Xn|SP>, #<simm>]!
  0x7a400880, // CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  0xcb943274, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x9a840273, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0xfa4008a0, // CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  0xf81c0043, // STUR <Xt>, [<Xn|SP>, #<simm>]
  0x52000021, // EOR <Rd|SP>, <Rn>, #<imm>
  0xcb0418a4, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xea060042, // ANDS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x373005b3, // TBNZ <Rt>, #<bit>, <label>
  0x382e6808, // STRB <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xc8037c02, // STXR <Ws>, <Xt>, [<Xn|SP>]
  0xca432003, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x36f805c1, // TBZ <Rt>, #<bit>, <label>
  0xc85f7ca0, // LDXR <Xt>, [<Xn|SP>]
  0xb8206882, // STR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xf8225801, // STR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xf876d800, // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xb87e6866, // LDR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x885f7c04, // LDXR <Wt>, [<Xn|SP>]
  0xb85fc063, // LDUR <Wt>, [<Xn|SP>, #<simm>]
  0xeb4c0c5f, // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x8b2220e3, // ADD <Rd|SP>, <Rn|SP>, <Rm>{, <extend> {#<amount>}}
  0xd51b4236, // MSR DAIF, <Xt>
  0x9a859084, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0x37080b82, // TBNZ <Rt>, #<bit>, <label>
  0x7a442060, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
  0x36080063, // TBZ <Rt>, #<bit>, <label>
  0x78216aa2, // STRH <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xfa411004, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
];

/** Words of `HOT` that get a handler together, the pairs that save most dispatches first. */
// biome-ignore format: one line each
export const PAIRS: readonly (readonly [number, number])[] = [
  [0xf1000c1f, 0x54001dc1], // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12} ; B.<cond> <label>
  [0xa94253f3, 0xa9435bf5], // LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  [0xeb00003f, 0x54ffffa1], // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; B.<cond> <label>
  [0xa900ffff, 0xa901ffff], // STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  [0x9b0a7c62, 0x9b0a7d6c], // MADD <Rd>, <Rn>, <Rm>, <Ra> ; MADD <Rd>, <Rn>, <Rm>, <Ra>
  [0xb8404403, 0xb8404425], // LDR <Wt>, [<Xn|SP>], #<simm> ; LDR <Wt>, [<Xn|SP>], #<simm>
  [0x71100dbf, 0x54ffff61], // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12} ; B.<cond> <label>
  [0x1e710825, 0x1f501446], // FMUL <Vd>, <Vn>, <Vm> ; FMADD <Vd>, <Vn>, <Vm>, <Va>
  [0x4a0002c3, 0x121b0401], // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; AND <Rd|SP>, <Rn>, #<imm>
  [0x9240ac60, 0xd34cdc21], // AND <Rd|SP>, <Rn>, #<imm> ; UBFM <Rd>, <Rn>, #<immr>, #<imms>
  [0x72000008, 0x53017c00], // ANDS <Rd>, <Rn>, #<imm> ; UBFM <Rd>, <Rn>, #<immr>, #<imms>
  [0x31000abf, 0x54000061], // ADDS <Rd>, <Rn|SP>, #<imm>{, LSL #12} ; B.<cond> <label>
  [0xcb040042, 0xf86378e3], // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  [0x8b020000, 0xeb01001f], // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x8b160000, 0xf9000a60], // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; STR <Xt>, [<Xn|SP>{, #<pimm>}]
  [0x6e261e10, 0x4c9f20a0], // EOR <Vd>.<T>, <Vn>.<T>, <Vm>.<T> ; ST1 { <Vt>.<T>.. }, [<Xn|SP>], #<bytes>
  [0x4ea18404, 0x6e231c45], // ADD <Vd>.<T>, <Vn>.<T>, <Vm>.<T> ; EOR <Vd>.<T>, <Vn>.<T>, <Vm>.<T>
  [0x4e659c86, 0x6e2028a7], // MUL <Vd>.<T>, <Vn>.<T>, <Vm>.<T> ; UADDLP <Vd>.<T>, <Vn>.<T>
  [0x4ea48610, 0x6e6068f1], // ADD <Vd>.<T>, <Vn>.<T>, <Vm>.<T> ; UADALP <Vd>.<T>, <Vn>.<T>
  [0x8b234007, 0x8b438103], // ADD <Rd|SP>, <Rn|SP>, <Rm>{, <extend> {#<amount>}} ; ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xd341fc33, 0xeb13031f], // UBFM <Rd>, <Rn>, #<immr>, #<imms> ; SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x8b0380e7, 0x9a843104], // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; CSEL <Rd>, <Rn>, <Rm>, <cond>
  [0x91006001, 0x8b070042], // ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12} ; ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x71000cff, 0x540003e0], // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12} ; B.<cond> <label>
  [0x1e672860, 0x1e710825], // FADD <Vd>, <Vn>, <Vm> ; FMUL <Vd>, <Vn>, <Vm>
  [0xf82478e5, 0x9a8624c0], // STR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}] ; CSINC <Rd>, <Rn>, <Rm>, <cond>
  [0x1e7028a6, 0x1e6618e2], // FADD <Vd>, <Vn>, <Vm> ; FDIV <Vd>, <Vn>, <Vm>
  [0x1f531861, 0x1e60c025], // FMADD <Vd>, <Vn>, <Vm>, <Va> ; FABS <Vd>, <Vn>
  [0x1e623803, 0x1e730863], // FSUB <Vd>, <Vn>, <Vm> ; FMUL <Vd>, <Vn>, <Vm>
  [0x7100001f, 0x34000220], // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12} ; CBZ <Rt>, <label>
  [0xfa401800, 0x540005e0], // CCMP <Rn>, #<imm>, #<nzcv>, <cond> ; B.<cond> <label>
  [0x9a842484, 0xeb0600e7], // CSINC <Rd>, <Rn>, <Rm>, <cond> ; SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xa9001c06, 0xa93f34ac], // STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  [0xf9000664, 0xaa1303e1], // STR <Xt>, [<Xn|SP>{, #<pimm>}] ; ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x1f521847, 0x1e672860], // FMADD <Vd>, <Vn>, <Vm>, <Va> ; FADD <Vd>, <Vn>, <Vm>
  [0xa9401c26, 0xa97f348c], // LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  [0xeb07003f, 0x54000560], // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; B.<cond> <label>
  [0xb9401001, 0xb94010c3], // LDR <Wt>, [<Xn|SP>{, #<pimm>}] ; LDR <Wt>, [<Xn|SP>{, #<pimm>}]
  [0xd5384036, 0xd5384017], // MRS <Xt>, <systemreg> ; MRS <Xt>, <systemreg>
  [0xa9bd7bfd, 0x910003fd], // STP <Xt>, <Xt2>, [<Xn|SP>, #<imm>]! ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0xf942f6f3, 0xb4000c73], // LDR <Xt>, [<Xn|SP>{, #<pimm>}] ; CBZ <Rt>, <label>
  [0xab0700c6, 0xf8257966], // ADDS <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; STR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  [0x2a0503e1, 0xaa0603e2], // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xf94013f5, 0xa8c37bfd], // LDR <Xt>, [<Xn|SP>{, #<pimm>}] ; LDP <Xt>, <Xt2>, [<Xn|SP>], #<imm>
  [0xf9401085, 0x914010bf], // LDR <Xt>, [<Xn|SP>{, #<pimm>}] ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0xaa0203e3, 0x52800000], // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; MOVZ <Rd>, #<imm>{, LSL #<shift>}
  [0x0b170108, 0x0b06037b], // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x51000400, 0xf9400421], // SUB <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12} ; LDR <Xt>, [<Xn|SP>{, #<pimm>}]
  [0x4a0700a1, 0x4a010000], // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xf9400e81, 0x11000664], // LDR <Xt>, [<Xn|SP>{, #<pimm>}] ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0xd50323bf, 0xd65f03c0], // HINT #<imm> ; RET <Xn>
  [0xf9401ae1, 0x51000740], // LDR <Xt>, [<Xn|SP>{, #<pimm>}] ; SUB <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0x7a4210e0, 0x54ffff88], // CCMP <Rn>, <Rm>, #<nzcv>, <cond> ; B.<cond> <label>
  [0xd341fe73, 0x8b130280], // UBFM <Rd>, <Rn>, #<immr>, #<imms> ; ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x6b03001f, 0x54000449], // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; B.<cond> <label>
  [0x1b067c66, 0xeb09009f], // MADD <Rd>, <Rn>, <Rm>, <Ra> ; SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xb8460407, 0x1b070501], // LDR <Wt>, [<Xn|SP>], #<simm> ; MADD <Rd>, <Rn>, <Rm>, <Ra>
  [0x72001c1f, 0x54000760], // ANDS <Rd>, <Rn>, #<imm> ; B.<cond> <label>
  [0xa9027bfd, 0x910083fd], // STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0x6b00005f, 0x54fffea8], // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; B.<cond> <label>
  [0xaa0203ea, 0xd503233f], // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; HINT #<imm>
  [0xd5384101, 0xa9027bfd], // MRS <Xt>, SP_EL0 ; STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  [0xd2800015, 0x17fffff1], // MOVZ <Rd>, #<imm>{, LSL #<shift>} ; B <label>
  [0xf9003bfb, 0x121f0299], // STR <Xt>, [<Xn|SP>{, #<pimm>}] ; AND <Rd|SP>, <Rn>, #<imm>
  [0xd5184035, 0xd5184016], // MSR <systemreg>, <Xt> ; MSR SPSR_EL1, <Xt>
  [0xa94f0bfe, 0xd5184102], // LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; MSR SP_EL0, <Xt>
  [0xd37ef400, 0xcb160000], // UBFM <Rd>, <Rn>, #<immr>, #<imms> ; SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x8b000820, 0xeb00131f], // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xaa0e03e2, 0xaa0d03e0], // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xf8607ad3, 0xf10002ff], // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}] ; SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  [0x71000d3f, 0x54000408], // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12} ; B.<cond> <label>
  [0xa94153f3, 0xa8c37bfd], // LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; LDP <Xt>, <Xt2>, [<Xn|SP>], #<imm>
  [0xf8246841, 0x54ffff21], // STR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}] ; B.<cond> <label>
  [0x13861cc6, 0x13841c84], // EXTR <Rd>, <Rn>, <Rm>, #<lsb> ; EXTR <Rd>, <Rn>, <Rm>, #<lsb>
  [0xb8217882, 0x91000421], // STR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}] ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0x90002484, 0x91320084], // ADRP <Xd>, <label> ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0x1a810000, 0x71000442], // CSEL <Rd>, <Rn>, <Rm>, <cond> ; SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  [0xf8647825, 0xab060000], // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}] ; ADDS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x12003c21, 0x1a810000], // AND <Rd|SP>, <Rn>, #<imm> ; CSEL <Rd>, <Rn>, <Rm>, <cond>
  [0x91000400, 0xeb07003f], // ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12} ; SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x2a0b03e0, 0x910083ff], // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0xa9032c6a, 0xa9432c2a], // STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  [0xa8817c3f, 0x17fffffd], // STP <Xt>, <Xt2>, [<Xn|SP>], #<imm> ; B <label>
  [0x93407c63, 0xcb0303e0], // SBFM <Rd>, <Rn>, #<immr>, #<imms> ; SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xb8657845, 0x11000421], // LDR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}] ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0x4cdf2080, 0x4ea18404], // LD1 { <Vt>.<T>.. }, [<Xn|SP>], #<bytes> ; ADD <Vd>.<T>, <Vn>.<T>, <Vm>.<T>
  [0xf240045f, 0x54ffff61], // ANDS <Rd>, <Rn>, #<imm> ; B.<cond> <label>
  [0x51010825, 0x12001ca5], // SUB <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12} ; AND <Rd|SP>, <Rn>, #<imm>
  [0x52800000, 0x14000005], // MOVZ <Rd>, #<imm>{, LSL #<shift>} ; B <label>
  [0xf9400e7a, 0x8b150354], // LDR <Xt>, [<Xn|SP>{, #<pimm>}] ; ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xd503201f, 0xf9400008], // HINT #<imm> ; LDR <Xt>, [<Xn|SP>{, #<pimm>}]
  [0xf8757b00, 0x927ff800], // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}] ; AND <Rd|SP>, <Rn>, #<imm>
  [0xf94002a7, 0x52800013], // LDR <Xt>, [<Xn|SP>{, #<pimm>}] ; MOVZ <Rd>, #<imm>{, LSL #<shift>}
  [0x35000282, 0xf000ada3], // CBNZ <Rt>, <label> ; ADRP <Xd>, <label>
  [0x8b130042, 0x91000446], // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0xf8637821, 0xf8637942], // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}] ; LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  [0xd280e066, 0xf947d844], // MOVZ <Rd>, #<imm>{, LSL #<shift>} ; LDR <Xt>, [<Xn|SP>{, #<pimm>}]
  [0x7100401f, 0x540000e9], // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12} ; B.<cond> <label>
  [0x927df05c, 0x91018396], // AND <Rd|SP>, <Rn>, #<imm> ; ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0x91003260, 0xd5384101], // ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12} ; MRS <Xt>, SP_EL0
  [0x13871ce7, 0x0b090229], // EXTR <Rd>, <Rn>, <Rm>, #<lsb> ; ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x91320084, 0xd5184104], // ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12} ; MSR SP_EL0, <Xt>
  [0x8b0032c0, 0xaa13c000], // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xa9417bfd, 0xaa1403e0], // LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x2a0003f3, 0x92407c02], // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; AND <Rd|SP>, <Rn>, #<imm>
  [0x1e60c025, 0x1e61c0a5], // FABS <Vd>, <Vn> ; FSQRT <Vd>, <Vn>
  [0x1e61c0a5, 0x1e7028a6], // FSQRT <Vd>, <Vn> ; FADD <Vd>, <Vn>, <Vm>
  [0x8b040060, 0x31000442], // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; ADDS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  [0xf00033a0, 0xd280e063], // ADRP <Xd>, <label> ; MOVZ <Rd>, #<imm>{, LSL #<shift>}
  [0x9a832463, 0x8b040060], // CSINC <Rd>, <Rn>, <Rm>, <cond> ; ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xf9400261, 0xf9400a60], // LDR <Xt>, [<Xn|SP>{, #<pimm>}] ; LDR <Xt>, [<Xn|SP>{, #<pimm>}]
  [0xd503201f, 0xd503201f], // HINT #<imm> ; HINT #<imm>
  [0xaa0203f6, 0x97fffe13], // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; BL <label>
  [0xa90153f3, 0xaa0003f3], // STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}] ; ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0xb8207b43, 0x51020021], // STR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}] ; SUB <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  [0x38401c62, 0x340000e2], // LDRB <Wt>, [<Xn|SP>, #<simm>]! ; CBZ <Rt>, <label>
  [0xaa0003f4, 0xfa401a64], // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  [0x340023a2, 0xaa1403e3], // CBZ <Rt>, <label> ; ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x9ac02421, 0x12000021], // LSRV <Rd>, <Rn>, <Rm> ; AND <Rd|SP>, <Rn>, #<imm>
  [0x4a0b0063, 0x5299a32b], // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; MOVZ <Rd>, #<imm>{, LSL #<shift>}
  [0x11000868, 0x7a4918e0], // ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12} ; CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  [0xd2800004, 0xd503233f], // MOVZ <Rd>, #<imm>{, LSL #<shift>} ; HINT #<imm>
  [0xaa0003e1, 0xd348fc03], // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; UBFM <Rd>, <Rn>, #<immr>, #<imms>
  [0x4b0203e2, 0x9ac22400], // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; LSRV <Rd>, <Rn>, <Rm>
  [0xeb0000df, 0x54000049], // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>} ; B.<cond> <label>
  [0xd2800820, 0xaa020021], // MOVZ <Rd>, #<imm>{, LSL #<shift>} ; ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  [0x54ffe400, 0x34fffdc5], // B.<cond> <label> ; CBZ <Rt>, <label>
  [0x9a9f37e6, 0xeb0000a5], // CSINC <Rd>, <Rn>, <Rm>, <cond> ; SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
];
