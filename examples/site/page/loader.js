/** Waits for forms of the page, and loads the script that runs them at the first use. */
;(() => {
  const scripts = new Map()

  /** The script of live steps, loaded once. */
  const load = assets => {
    if (!scripts.has(assets))
      scripts.set(
        assets,
        new Promise((resolve, reject) => {
          const script = globalThis.document.createElement('script')
          script.src = `${assets}/live.js`
          script.onload = () => resolve(globalThis.tfjsOptaxPage)
          script.onerror = () => reject(new Error(`cannot load ${script.src}`))
          globalThis.document.head.append(script)
        }),
      )
    return scripts.get(assets)
  }

  const run = (form, action) =>
    load(form.dataset.assets).then(
      page => page.act(form, action),
      error => {
        const place = form.querySelector('.fault, output')
        if (place) place.textContent = String(error)
      },
    )

  globalThis.addEventListener('submit', event => {
    const form = event.target
    if (!form.matches('form.live, form.draw')) return
    event.preventDefault()
    void run(form, form.matches('.draw') ? 'redraw' : 'step')
  })
  globalThis.addEventListener('reset', event => {
    if (event.target.matches('form.live')) void run(event.target, 'restart')
  })
  // An edited transformation or parameter begins a new session.
  globalThis.addEventListener('input', event => {
    const form = event.target.closest('form.live')
    if (form && !event.target.name.startsWith('gradients.')) void run(form, 'restart')
  })
})()
