/** The public names of the package as typedoc read them: their entry, doc comment and parameters. */
import {
  ReflectionKind,
  type Comment,
  type CommentDisplayPart,
  type DeclarationReflection,
  type ParameterReflection,
  type ProjectReflection,
  type SignatureReflection,
  type SomeType,
} from 'typedoc'

export interface PublicName {
  readonly name: string
  /** the entry that declares it, such as `tfjs-optax/rule` */
  readonly entry: string
  readonly kind: string
  readonly reflection: DeclarationReflection
  readonly comment: Comment | null
  readonly parameters: readonly ParameterReflection[]
}

const signaturesOf = ({ signatures, type }: DeclarationReflection): readonly SignatureReflection[] =>
  signatures ?? (type?.type === 'reflection' ? (type.declaration.signatures ?? []) : [])

/** A name with what is known of it. */
export const publicName = (entry: string, reflection: DeclarationReflection): PublicName => {
  const [signature] = signaturesOf(reflection)
  return {
    name: reflection.name,
    entry,
    kind: ReflectionKind.singularString(reflection.kind),
    reflection,
    comment: reflection.comment ?? signature?.comment ?? null,
    parameters: signature?.parameters ?? [],
  }
}

/** Every name that an entry declares; re-exports are named where they are declared. */
export const publicNames = (project: ProjectReflection): readonly PublicName[] =>
  (project.children ?? []).flatMap(entry =>
    (entry.children ?? []).filter(child => !child.isReference()).map(child => publicName(entry.name, child)),
  )

/** The contents of the tags of a comment. */
export const tagged = (comment: Comment | null, tag: `@${string}`): readonly (readonly CommentDisplayPart[])[] =>
  comment?.blockTags.filter(one => one.tag === tag).map(({ content }) => content) ?? []

/** The properties of an options type. */
export const propertiesOf = (type: SomeType | undefined): readonly DeclarationReflection[] => {
  if (type?.type === 'reference') {
    const { reflection } = type
    return reflection?.isDeclaration() === true ? (reflection.children ?? []) : []
  }
  return type?.type === 'intersection' ? type.types.flatMap(propertiesOf) : []
}
