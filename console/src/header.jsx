/** The bar on top: the name, ready-made operations, and where to look further. */
export function Header({ samples, onSample }) {
  return (
    <header>
      <img src="./favicon.svg" alt="" width="26" height="26" />
      <h1>Foz</h1>
      {samples.length > 0 && (
        <label>
          <span>Samples</span>
          <select
            aria-label="Ready-made operations"
            defaultValue="0"
            onChange={(event) => onSample(samples[Number(event.target.value)])}
          >
            {samples.map((sample, index) => (
              <option key={sample.title} value={index} title={sample.description}>
                {sample.title}
              </option>
            ))}
          </select>
        </label>
      )}
      <nav aria-label="Server">
        <a href="./readyz">Sources</a>
        <a href="./metrics">Metrics</a>
      </nav>
    </header>
  );
}
