/** The public recipes: chains by the names that papers and libraries give them. */
export { acprop, type AcpropRecipeOptions } from './optimizers/acprop.js'
export { adabelief, type AdabeliefOptions } from './optimizers/adabelief.js'
export { adadelta, type AdadeltaRecipeOptions } from './optimizers/adadelta.js'
export { adafactor, type AdafactorOptions } from './optimizers/adafactor.js'
export { adagrad } from './optimizers/adagrad.js'
export { adam, type AdamRecipeOptions } from './optimizers/adam.js'
export { adamax, adamaxw, type AdamaxwOptions } from './optimizers/adamax.js'
export { adamw, type AdamwOptions } from './optimizers/adamw.js'
export { adan, type AdanRecipeOptions } from './optimizers/adan.js'
export {
  ademamix,
  simplifiedAdemamix,
  type AdemamixRecipeOptions,
  type SimplifiedAdemamixRecipeOptions,
} from './optimizers/ademamix.js'
export { adopt } from './optimizers/adopt.js'
export { amsgrad } from './optimizers/amsgrad.js'
export {
  cautiousAdamw,
  cautiousLion,
  type CautiousAdamwOptions,
  type CautiousLionOptions,
} from './optimizers/cautious.js'
export { cocob, type CocobRecipeOptions } from './optimizers/cocob.js'
export { dadaptAdamw } from './optimizers/dadaptAdamw.js'
export type { DecayedOptions } from './optimizers/decayed.js'
export { dog, dowg, type DogFirstStep, type DogOptions, type DowgOptions } from './optimizers/dog.js'
export type { EstimatedOptions } from './optimizers/estimated.js'
export { fromage, type FromageOptions } from './optimizers/fromage.js'
export { kerasNadam, type KerasNadamOptions } from './optimizers/kerasNadam.js'
export { lamb, type LambOptions } from './optimizers/lamb.js'
export { lars, type LarsOptions } from './optimizers/lars.js'
export { lion, type LionRecipeOptions } from './optimizers/lion.js'
export { madgrad, type MadgradRecipeOptions } from './optimizers/madgrad.js'
export { mars, type MarsRecipeOptions } from './optimizers/mars.js'
export { momo, type MomoOptions } from './optimizers/momo.js'
export { momoAdam, type MomoAdamOptions } from './optimizers/momoAdam.js'
export { muon, type MuonRecipeOptions } from './optimizers/muon.js'
export { nadam, nadamw, type NadamwOptions } from './optimizers/nadam.js'
export { noisySgd, type NoisySgdOptions } from './optimizers/noisySgd.js'
export { novograd, type NovogradRecipeOptions } from './optimizers/novograd.js'
export { optimisticAdam, optimisticGradientDescent, type OptimisticAdamOptions } from './optimizers/optimistic.js'
export { polyakSgd, type PolyakSgdOptions } from './optimizers/polyakSgd.js'
export { prodigy, type ProdigyOptions } from './optimizers/prodigy.js'
export { radam } from './optimizers/radam.js'
export { rmsprop, type RmspropOptions } from './optimizers/rmsprop.js'
export { rprop } from './optimizers/rprop.js'
export {
  scheduleFree,
  scheduleFreeAdamw,
  scheduleFreeSgd,
  type ScheduleFreeAdamwOptions,
  type ScheduleFreeSgdOptions,
} from './optimizers/scheduleFree.js'
export { sgd, type SgdOptions } from './optimizers/sgd.js'
export { signSgd, signum, type SignumOptions } from './optimizers/signSgd.js'
export { sm3, type Sm3RecipeOptions } from './optimizers/sm3.js'
export { sophia, type SophiaRecipeOptions } from './optimizers/sophia.js'
export {
  torchNadam,
  torchRmsprop,
  torchSgd,
  type CoupledDecay,
  type TorchNadamOptions,
  type TorchRmspropOptions,
  type TorchSgdOptions,
} from './optimizers/torch.js'
export { yogi } from './optimizers/yogi.js'
