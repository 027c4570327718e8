export { FwCfg, type FwCfgConnections, type FwCfgState, resetFwCfgState } from './fw-cfg.js';
