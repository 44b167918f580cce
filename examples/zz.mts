import * as tf from '@tensorflow/tfjs-core'; import '@tensorflow/tfjs-layers'; import '@tensorflow/tfjs-backend-cpu'; import '@tensorflow/tfjs-backend-wasm'
import { adamw, chain, clipByGlobalNorm, makeStep } from '../lib/index.js'
tf.env().set('PROD', true)
for (const backend of ['cpu','wasm']) {
  await tf.setBackend(backend)
  for (const [leaves, mask] of [[8,false],[200,false],[200,true]] as const) for (const donate of [true,false]) {
    const tx = chain(clipByGlobalNorm(1), adamw(1e-3,{weightDecay:0.01, ...(mask && {mask: (p: string) => p.endsWith('3')})}))
    const step = makeStep(tx,{donate})
    let p:any = {}, g:any={}; for (let i=0;i<leaves;i++){ p['w'+i]=tf.ones([10]); g['w'+i]=tf.ones([10]) }
    let s:any = tx.init(p)
    const one = () => { const n = step(p,g,s) as any; if(!donate) tf.dispose([p,JSON.parse('[]')]), [s].forEach(x=>{ for (const k of ['mu','nu']) tf.dispose(x[1][0][k]) }); [p,s]=n }
    for (let i=0;i<60;i++) one()
    const times:number[]=[]; for (let r=0;r<60;r++){ const t=performance.now(); for(let i=0;i<5;i++) one(); times.push((performance.now()-t)/5*1000) }
    times.sort((a,b)=>a-b); console.log(backend, leaves, mask?'mask':'plain', donate?'donated':'fresh', 'p10', times[6]!.toFixed(1), 'us')
  }
}
