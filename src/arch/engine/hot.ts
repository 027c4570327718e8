/**
 * Instruction words whose handlers are inlined in the interpreter's main function: one of each, the most executed first.
 * Made by test/bench/hot.mjs from a Debian boot and the benchmarks. Any list is right; a good one is fast.
 */
// biome-ignore format: one line each
export const HOT: readonly number[] = [
  0x54ffff61, // B.<cond> <label>
  0xeb0a013f, // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x910003fd, // ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  0xa9137fff, // STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  0xa94463f7, // LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  0x9b155ed4, // MADD <Rd>, <Rn>, <Rm>, <Ra>
  0xb8404403, // LDR <Wt>, [<Xn|SP>], #<simm>
  0xaa0303e4, // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xf942a820, // LDR <Xt>, [<Xn|SP>{, #<pimm>}]
  0x8b020000, // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x71100dbf, // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  0xf8637823, // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xd3505c21, // UBFM <Rd>, <Rn>, #<immr>, #<imms>
  0x1f521847, // FMADD <Vd>, <Vn>, <Vm>, <Va>
  0x1e730800, // FMUL <Vd>, <Vn>, <Vm>
  0xf10005ce, // SUBS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  0x54000260, // B.<cond> <label>
  0x6e261e10, // EOR <Vd>.<T>, <Vn>.<T>, <Vm>.<T>
  0x4ea18404, // ADD <Vd>.<T>, <Vn>.<T>, <Vm>.<T>
  0x12000c65, // AND <Rd|SP>, <Rn>, #<imm>
  0x1e622884, // FADD <Vd>, <Vn>, <Vm>
  0x1b097e6b, // MADD <Rd>, <Rn>, <Rm>, <Ra>
  0xf9000402, // STR <Xt>, [<Xn|SP>{, #<pimm>}]
  0x4a060000, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x9a832463, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0xcb000040, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x927ef463, // AND <Rd|SP>, <Rn>, #<imm>
  0x72001c1f, // ANDS <Rd>, <Rn>, #<imm>
  0x34000480, // CBZ <Rt>, <label>
  0x8b180777, // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x53144c00, // UBFM <Rd>, <Rn>, #<immr>, #<imms>
  0x17fffff8, // B <label>
  0xb9400261, // LDR <Wt>, [<Xn|SP>{, #<pimm>}]
  0xd50323bf, // HINT #<imm>
  0x93407c21, // SBFM <Rd>, <Rn>, #<immr>, #<imms>
  0x3100067f, // ADDS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  0x52800140, // MOVZ <Rd>, #<imm>{, LSL #<shift>}
  0x1a8500c8, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0xf82478bf, // STR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xa9404c03, // LDP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  0x6e2028a7, // UADDLP <Vd>.<T>, <Vn>.<T>
  0x4e659c86, // MUL <Vd>.<T>, <Vn>.<T>, <Vm>.<T>
  0x4c9f20a0, // ST1 { <Vt>.<T>.. }, [<Xn|SP>], #<bytes>
  0xd65f03c0, // RET <Xn>
  0x4cdf2080, // LD1 { <Vt>.<T>.. }, [<Xn|SP>], #<bytes>
  0x6e6068f1, // UADALP <Vd>.<T>, <Vn>.<T>
  0xd538d081, // MRS <Xt>, <systemreg>
  0x8b440c00, // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x51000403, // SUB <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  0xa901fc1f, // STP <Xt>, <Xt2>, [<Xn|SP>{, #<imm>}]
  0x9a853084, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0x8b2649c6, // ADD <Rd|SP>, <Rn|SP>, <Rm>{, <extend> {#<amount>}}
  0x54000128, // B.<cond> <label>
  0x2a0003e4, // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xd2800100, // MOVZ <Rd>, #<imm>{, LSL #<shift>}
  0x0b0302a3, // ADD <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x6b00007f, // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xa8c17bfd, // LDP <Xt>, <Xt2>, [<Xn|SP>], #<imm>
  0x110004c6, // ADD <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  0x97ffff59, // BL <label>
  0xb000cea5, // ADRP <Xd>, <label>
  0x54000049, // B.<cond> <label>
  0x1e60c025, // FABS <Vd>, <Vn>
  0x1e61c0a5, // FSQRT <Vd>, <Vn>
  0x1e6618e2, // FDIV <Vd>, <Vn>, <Vm>
  0x1e623803, // FSUB <Vd>, <Vn>, <Vm>
  0xfa401824, // CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  0xf9403fe6, // LDR <Xt>, [<Xn|SP>{, #<pimm>}]
  0xb4000183, // CBZ <Rt>, <label>
  0xab1902f6, // ADDS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xf9003fe2, // STR <Xt>, [<Xn|SP>{, #<pimm>}]
  0xd5384103, // MRS <Xt>, SP_EL0
  0x39400023, // LDRB <Wt>, [<Xn|SP>{, #<pimm>}]
  0x13812021, // EXTR <Rd>, <Rn>, <Rm>, #<lsb>
  0x350000e5, // CBNZ <Rt>, <label>
  0xb8217882, // STR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xa9be7bfd, // STP <Xt>, <Xt2>, [<Xn|SP>, #<imm>]!
  0xd5184101, // MSR SP_EL0, <Xt>
  0x54000123, // B.<cond> <label>
  0x7a431040, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
  0xd63f0040, // BLR <Xn>
  0x9a030080, // ADC <Rd>, <Rn>, <Rm>
  0xf837698e, // STR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x9a9f37e6, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0xd51bd07f, // MSR <systemreg>, <Xt>
  0xd5033a9f, // DSB <option>
  0xd5033fdf, // ISB <option>
  0xd5184003, // MSR SPSR_EL1, <Xt>
  0xeb0012ff, // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xd1010000, // SUB <Rd|SP>, <Rn|SP>, #<imm>{, LSL #12}
  0x4b030004, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xb5ffff23, // CBNZ <Rt>, <label>
  0xf240081f, // ANDS <Rd>, <Rn>, #<imm>
  0x3862c8e2, // LDRB <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xb8607ac1, // LDR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x9ac02421, // LSRV <Rd>, <Rn>, <Rm>
  0xf8656825, // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xaa0780e7, // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x7a4918e0, // CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  0x8a190260, // AND <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x38401c62, // LDRB <Wt>, [<Xn|SP>, #<simm>]!
  0xd61f0020, // BR <Xn>
  0x38626a64, // LDRB <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xb94007eb, // LDR <Wt>, [<Xn|SP>{, #<pimm>}]
  0xa8811d07, // STP <Xt>, <Xt2>, [<Xn|SP>], #<imm>
  0x9acc2084, // LSLV <Rd>, <Rn>, <Rm>
  0xb9000143, // STR <Wt>, [<Xn|SP>{, #<pimm>}]
  0xb200c3e8, // ORR <Rd|SP>, <Rn>, #<imm>
  0x540000a2, // B.<cond> <label>
  0x79401320, // LDRH <Wt>, [<Xn|SP>{, #<pimm>}]
  0x38401402, // LDRB <Wt>, [<Xn|SP>], #<simm>
  0xf8008423, // STR <Xt>, [<Xn|SP>], #<simm>
  0xfa4b30a2, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
  0x1a811063, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0x29001025, // STP <Wt>, <Wt2>, [<Xn|SP>{, #<imm>}]
  0xca030000, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xd50b7428, // DC ZVA, <Xt>
  0x38001422, // STRB <Wt>, [<Xn|SP>], #<simm>
  0xdac00ce7, // REV64 <Rd>, <Rn>
  0x9b168d23, // MSUB <Rd>, <Rn>, <Rm>, <Ra>
  0x5400088c, // B.<cond> <label>
  0x9ac50863, // UDIV <Rd>, <Rn>, <Rm>
  0x0a020273, // AND <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x929dffe1, // MOVN <Rd>, #<imm>{, LSL #<shift>}
  0x54ffffaa, // B.<cond> <label>
  0x9a97b393, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0xf9800071, // PRFM <prfop>, [<Xn|SP>{, #<pimm>}]
  0x78237801, // STRH <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x5a9f2000, // CSINV <Rd>, <Rn>, <Rm>, <cond>
  0x128000e2, // MOVN <Rd>, #<imm>{, LSL #<shift>}
  0x1a9f97e0, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0x6a020000, // ANDS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x5400068d, // B.<cond> <label>
  0x36000042, // TBZ <Rt>, #<bit>, <label>
  0x9a828002, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0xb90007ff, // STR <Wt>, [<Xn|SP>{, #<pimm>}]
  0x4ad24421, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x78617800, // LDRH <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x39000004, // STRB <Wt>, [<Xn|SP>{, #<pimm>}]
  0x37200221, // TBNZ <Rt>, #<bit>, <label>
  0x5ac00800, // REV <Rd>, <Rn>
  0x1ac12000, // LSLV <Rd>, <Rn>, <Rm>
  0x37f801c0, // TBNZ <Rt>, #<bit>, <label>
  0xb3607c60, // BFM <Rd>, <Rn>, #<immr>, #<imms>
  0x93c28000, // EXTR <Rd>, <Rn>, <Rm>, #<lsb>
  0x1a9f17e0, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0x2a0720e7, // ORR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x1a9f27fc, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0x72bdbfc0, // MOVK <Rd>, #<imm>{, LSL #<shift>}
  0x29401005, // LDP <Wt>, <Wt2>, [<Xn|SP>{, #<imm>}]
  0xf8408406, // LDR <Xt>, [<Xn|SP>], #<simm>
  0x291603e9, // STP <Wt>, <Wt2>, [<Xn|SP>{, #<imm>}]
  0x1a9f07e2, // CSINC <Rd>, <Rn>, <Rm>, <cond>
  0xa984346c, // STP <Xt>, <Xt2>, [<Xn|SP>, #<imm>]!
  0xdac01042, // CLZ <Rd>, <Rn>
  0x8a290106, // BIC <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xea260084, // BICS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xb100043f, // ADDS <Rd>, <Rn|SP>, #<imm>{, LSL #12}
  0xf2e00800, // MOVK <Rd>, #<imm>{, LSL #<shift>}
  0xf8605820, // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xf85f812e, // LDUR <Xt>, [<Xn|SP>, #<simm>]
  0xf2df7fe4, // MOVK <Rd>, #<imm>{, LSL #<shift>}
  0x8b39d39c, // ADD <Rd|SP>, <Rn|SP>, <Rm>{, <extend> {#<amount>}}
  0x370006a0, // TBNZ <Rt>, #<bit>, <label>
  0xfa430040, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
  0x54fffd0b, // B.<cond> <label>
  0xa9c4342c, // LDP <Xt>, <Xt2>, [<Xn|SP>, #<imm>]!
  0x294f6fe8, // LDP <Wt>, <Wt2>, [<Xn|SP>{, #<imm>}]
  0x88047c62, // STXR <Ws>, <Wt>, [<Xn|SP>]
  0x320100a5, // ORR <Rd|SP>, <Rn>, #<imm>
  0x0a230044, // BIC <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x885ffc60, // LDAXR <Wt>, [<Xn|SP>]
  0x540006a4, // B.<cond> <label>
  0xcb3340be, // SUB <Rd|SP>, <Rn|SP>, <Rm>{, <extend> {#<amount>}}
  0x089ffc20, // STLRB <Wt>, [<Xn|SP>]
  0x385ff08a, // LDURB <Wt>, [<Xn|SP>, #<simm>]
  0xa8c1b52c, // LDP <Xt>, <Xt2>, [<Xn|SP>], #<imm>
  0x4a4128a5, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xf8408c03, // LDR <Xt>, [<Xn|SP>, #<simm>]!
  0x9a811273, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0x381ff0aa, // STURB <Wt>, [<Xn|SP>, #<simm>]
  0x79002260, // STRH <Wt>, [<Xn|SP>{, #<pimm>}]
  0xb800843f, // STR <Wt>, [<Xn|SP>], #<simm>
  0xd50339bf, // DMB <option>
  0xf2bfb440, // MOVK <Rd>, #<imm>{, LSL #<shift>}
  0xcb43e040, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xea060042, // ANDS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xcb943274, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x7a400880, // CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  0xcb0418a4, // SUB <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x382e6808, // STRB <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x52000021, // EOR <Rd|SP>, <Rn>, #<imm>
  0xf81c0043, // STUR <Xt>, [<Xn|SP>, #<simm>]
  0x9a8202b5, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0xca432003, // EOR <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0xfa4008a0, // CCMP <Rn>, #<imm>, #<nzcv>, <cond>
  0x36f80100, // TBZ <Rt>, #<bit>, <label>
  0xc8047c23, // STXR <Ws>, <Xt>, [<Xn|SP>]
  0x373001ac, // TBNZ <Rt>, #<bit>, <label>
  0xc85f7c01, // LDXR <Xt>, [<Xn|SP>]
  0x885f7c04, // LDXR <Wt>, [<Xn|SP>]
  0xfa401280, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
  0x8b2220e3, // ADD <Rd|SP>, <Rn|SP>, <Rm>{, <extend> {#<amount>}}
  0xf876d800, // LDR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0x7a432002, // CCMP <Rn>, <Rm>, #<nzcv>, <cond>
  0xeb4c0c5f, // SUBS <Rd>, <Rn>, <Rm>{, <shift> #<amount>}
  0x78216aa2, // STRH <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xb85fc063, // LDUR <Wt>, [<Xn|SP>, #<simm>]
  0x37080460, // TBNZ <Rt>, #<bit>, <label>
  0xb8606860, // LDR <Wt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xf8215840, // STR <Xt>, [<Xn|SP>, <Rm>{, <extend> {#<amount>}}]
  0xb7b8005e, // TBNZ <Rt>, #<bit>, <label>
  0x9a8292b5, // CSEL <Rd>, <Rn>, <Rm>, <cond>
  0x361000a3, // TBZ <Rt>, #<bit>, <label>
  0xd51b4236, // MSR DAIF, <Xt>
];
