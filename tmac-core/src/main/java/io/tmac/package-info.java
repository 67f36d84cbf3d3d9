/**
 * Runs language models with 1.58- to 4-bit weights inside the JVM.
 *
 * <pre>{@code
 * try (Model model = Model.load(Path.of("stories15M.tm2"))) {
 *   Generation story = model.generate("Once upon a time").maxTokens(64).seed(42).result();
 *   System.out.println(story.text());
 * }
 * }</pre>
 *
 * <p>Start java with {@code --add-modules jdk.incubator.vector}. Without it everything works, many
 * times slower; {@link io.tmac.Model#info} says which kernels are active.
 */
package io.tmac;
