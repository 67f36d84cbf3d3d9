package io.tmac.quant;

import io.tmac.quant.ErrorChart.Panel;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The plot of {@link ErrorChart}, drawn with XChart. */
final class ErrorPlot {
  private static final int WIDTH = 1200;
  private static final int PANEL_HEIGHT = 480;
  private static final int PLOT_WIDTH = 1000;
  private static final int MAX_TICKS = 16;
  private static final Font PLAIN = new Font(Font.SANS_SERIF, Font.PLAIN, 16);

  /** The matrices of a layer, in the order of computation. */
  private static final List<String> KINDS = List.of("wq", "wk", "wv", "wo", "w1", "w3", "w2");

  /** Colours that the colour-blind can tell apart, after Okabe and Ito. */
  private static final List<Color> COLORS =
      List.of(
          new Color(0x0072B2),
          new Color(0x56B4E9),
          new Color(0x009E73),
          new Color(0x000000),
          new Color(0xE69F00),
          new Color(0xD55E00),
          new Color(0xCC79A7));

  private static final List<Marker> MARKERS =
      List.of(
          SeriesMarkers.CIRCLE,
          SeriesMarkers.SQUARE,
          SeriesMarkers.DIAMOND,
          SeriesMarkers.CROSS,
          SeriesMarkers.TRIANGLE_UP,
          SeriesMarkers.TRIANGLE_DOWN,
          SeriesMarkers.PLUS);

  private ErrorPlot() {}

  /** Draws the panels one below the other and returns the bytes of a PNG file. */
  static byte[] png(List<Panel> panels) throws IOException {
    BufferedImage image =
        new BufferedImage(
            WIDTH, Math.multiplyExact(PANEL_HEIGHT, panels.size()), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      for (Panel panel : panels) {
        chart(panel).paint(graphics, WIDTH, PANEL_HEIGHT);
        graphics.translate(0, PANEL_HEIGHT);
      }
    } finally {
      graphics.dispose();
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(image, "png", png);
    return png.toByteArray();
  }

  private static XYChart chart(Panel panel) {
    XYChart chart =
        new XYChartBuilder()
            .title(panel.title())
            .xAxisTitle("layer")
            .yAxisTitle("RMS error, % of the weights' RMS")
            .build();
    style(chart.getStyler());
    double min = Double.MAX_VALUE;
    double max = 0;
    int layers = 1;
    for (int k = 0; k < KINDS.size(); k++) {
      Map<Integer, Double> percents = percents(KINDS.get(k), panel.errors());
      if (!percents.isEmpty()) {
        min = Math.min(min, Collections.min(percents.values()));
        max = Math.max(max, Collections.max(percents.values()));
        layers = Math.max(layers, Collections.max(percents.keySet()) + 1);
        addLine(chart, k, percents);
      }
    }
    scale(chart.getStyler(), layers, min, max);
    return chart;
  }

  /** Spreads the lines over the panel, but not so far that noise looks like a finding. */
  private static void scale(XYStyler styler, int layers, double min, double max) {
    double top = max > 0 ? max : 1;
    double bottom = Math.min(min, 0.75 * top);
    double margin = 0.05 * (top - bottom);
    styler.setMarkerSize(layers > MAX_TICKS ? 7 : 9);
    styler
        .setXAxisTickMarkSpacingHint(PLOT_WIDTH / Math.clamp(layers, 4, MAX_TICKS))
        .setXAxisMin(layers > 1 ? 0 : -0.5)
        .setXAxisMax(layers > 1 ? layers - 1 : 0.5)
        .setYAxisMin(Math.max(0, bottom - margin))
        .setYAxisMax(top + margin);
  }

  /** The errors of one kind by layer. A chart has no place for NaN and infinity. */
  private static Map<Integer, Double> percents(String kind, List<TensorError> errors) {
    Map<Integer, Double> percents = new TreeMap<>();
    for (TensorError error : errors) {
      TensorInfo tensor = error.reference();
      if (tensor.kind().equals(kind) && Double.isFinite(error.relativeError())) {
        tensor.layer().ifPresent(layer -> percents.put(layer, 100 * error.relativeError()));
      }
    }
    return percents;
  }

  private static void addLine(XYChart chart, int kind, Map<Integer, Double> percents) {
    XYSeries line =
        chart.addSeries(
            KINDS.get(kind), List.copyOf(percents.keySet()), List.copyOf(percents.values()));
    line.setLineColor(COLORS.get(kind)).setLineStyle(new BasicStroke(2.5f));
    line.setMarker(MARKERS.get(kind)).setMarkerColor(COLORS.get(kind));
  }

  private static void style(XYStyler styler) {
    styler
        .setAxisTitleFont(PLAIN)
        .setAxisTickLabelsFont(PLAIN)
        .setAxisTitlePadding(12)
        .setAxisTicksLineVisible(false)
        .setPlotGridLinesColor(new Color(0xDDDDDD))
        .setPlotGridLinesStroke(new BasicStroke(1))
        .setPlotGridVerticalLinesVisible(false)
        .setxAxisTickLabelsFormattingFunction(ErrorPlot::layerNumber)
        .setYAxisDecimalPattern("#.##")
        .setLocale(Locale.ROOT)
        .setLegendFont(PLAIN)
        .setLegendPosition(LegendPosition.OutsideE)
        .setLegendBorderColor(Color.WHITE)
        .setLegendSeriesLineLength(40)
        .setChartTitleFont(PLAIN.deriveFont(Font.BOLD, 20f))
        .setChartTitlePadding(12)
        .setChartPadding(16)
        .setChartBackgroundColor(Color.WHITE)
        .setPlotBackgroundColor(Color.WHITE)
        .setPlotBorderColor(Color.GRAY);
  }

  /** The label of a tick; the ticks of a short axis may lie between the layers. */
  private static String layerNumber(double layer) {
    return layer == Math.rint(layer) ? String.valueOf((long) layer) : " ";
  }
}
